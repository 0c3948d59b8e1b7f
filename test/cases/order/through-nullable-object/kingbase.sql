1. orders [shop]
   select textin(int4out("t0"."id")) as "c0", "t1"."name" as "c1", textin(int4out("t1"."id")) as "c2" from "public"."orders" "t0" left join "public"."employees" "t1" on "t1"."id" = "t0"."seller_id" where ("t0"."id" <= $1::int4) order by "t1"."name", "t0"."id"
   with 1: orders.args.where.id._lte
