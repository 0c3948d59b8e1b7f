1. categories [shop]
   select textin(int4out("t0"."id")) as "c0", "t0"."name" as "c1" from "public"."categories" "t0" where exists (select 1 from "public"."categories" "t1" where "t1"."parent_id" = "t0"."id") order by "t0"."id" offset 2
2. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where exists (select 1 from "public"."orders" "t1" where "t1"."customer_id" = "t0"."id" and exists (select 1 from "public"."order_items" "t2" where "t2"."order_id" = "t1"."id" and ("t2"."quantity" > $1::int4))) order by "t0"."id" limit 3 offset 2
   with 1: customers.args.where.orders.order_items.quantity._gt
