1. orders_aggregate [shop]
   select count(distinct case when "t0"."customer_id" is not null and "t0"."coupon" is not null then quote("t0"."customer_id")||','||quote("t0"."coupon") end) as "c0" from "orders" "t0"
