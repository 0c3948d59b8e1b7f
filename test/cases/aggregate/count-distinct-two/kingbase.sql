1. orders_aggregate [shop]
   select count(distinct ("t0"."customer_id", "t0"."coupon")) filter (where "t0"."customer_id" is not null and "t0"."coupon" is not null) as "c0" from "public"."orders" "t0"
