1. order_items_by_pk [shop]
   select "t0"."order_id" as "c0", "t0"."line_no" as "c1", "t0"."quantity" as "c2", "t0"."unit_price" as "c3", "t0"."line_total" as "c4", iif(instr("t1"."sku", char(0)), cast("t1"."sku" as blob), "t1"."sku") as "c5", "t1"."id" as "c6" from "order_items" "t0" left join "products" "t1" on "t1"."id" = "t0"."product_id" where ("t0"."order_id" = ? and "t0"."line_no" = ?)
   with 1: order_items_by_pk.args.order_id, 2: order_items_by_pk.args.line_no
