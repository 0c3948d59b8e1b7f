1. products [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."products" "t0" where ("t0"."attributes"::jsonb @> $1::jsonb) order by "t0"."id"
   with 1: products.args.where.attributes._contains
