1. order_items_by_pk [shop]
   select "t0"."order_id" as "c0", "t0"."line_no" as "c1", "t0"."quantity" as "c2", convert(varchar(41), "t0"."unit_price") as "c3", convert(varchar(41), "t0"."line_total") as "c4", "t1"."sku" as "c5", "t1"."id" as "c6" from "dbo"."order_items" "t0" left join "dbo"."products" "t1" on "t1"."id" = "t0"."product_id" where (("t0"."order_id" = cast(@p1 as int)) and ("t0"."line_no" = cast(@p2 as smallint)))
   with 1: order_items_by_pk.args.order_id, 2: order_items_by_pk.args.line_no
