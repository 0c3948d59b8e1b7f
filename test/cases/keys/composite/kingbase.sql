1. order_items_by_pk [shop]
   select textin(int4out("t0"."order_id")) as "c0", textin(int2out("t0"."line_no")) as "c1", textin(int4out("t0"."quantity")) as "c2", textin(numeric_out("t0"."unit_price")) as "c3", textin(numeric_out("t0"."line_total")) as "c4", "t1"."sku" as "c5", textin(int4out("t1"."id")) as "c6" from "public"."order_items" "t0" left join "public"."products" "t1" on "t1"."id" = "t0"."product_id" where (("t0"."order_id" = $1::int4) and ("t0"."line_no" = $2::int2))
   with 1: order_items_by_pk.args.order_id, 2: order_items_by_pk.args.line_no
