1. categories [shop]
   select "t0"."id" as "c0", "t0"."name" as "c1" from "dbo"."categories" "t0" where exists (select 1 from "dbo"."categories" "t1" where "t1"."parent_id" = "t0"."id") order by "t0"."id" offset 2 rows
2. customers [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where exists (select 1 from "dbo"."orders" "t1" where "t1"."customer_id" = "t0"."id" and exists (select 1 from "dbo"."order_items" "t2" where "t2"."order_id" = "t1"."id" and ("t2"."quantity" > cast(@p1 as int)))) order by "t0"."id" offset 2 rows fetch next 3 rows only
   with 1: customers.args.where.orders.order_items.quantity._gt
