1. customers [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where exists (select 1 from "dbo"."orders" "t1" where "t1"."customer_id" = "t0"."id" and exists (select 1 from "dbo"."order_items" "t2" where "t2"."order_id" = "t1"."id" and exists (select 1 from "dbo"."products" "t3" where "t3"."id" = "t2"."product_id" and exists (select 1 from "dbo"."categories" "t4" where "t4"."id" = "t3"."category_id" and ("t4"."name" = @p1))))) order by "t0"."id"
   with 1: customers.args.where.orders.order_items.product.category.name._eq
