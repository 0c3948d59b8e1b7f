1. products [shop]
   select textin(int4out("t0"."id")) as "c0", textin(jsonb_out(("t0"."attributes" #> $1::text[]))) as "c1", textin(jsonb_out(("t0"."attributes" #> $2::text[]))) as "c2", textin(jsonb_out(("t0"."attributes" #> $3::text[]))) as "c3" from "public"."products" "t0" where ("t0"."id" <= $4::int4) order by "t0"."id"
   with 1: constant, 2: constant, 3: constant, 4: products.args.where.id._lte
