1. orders [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."orders" "t0" order by "t0"."status", "t0"."id" limit 5 offset 5
