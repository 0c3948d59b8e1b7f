1. customers [shop]
   select textin(int4out("t0"."id")) as "c0", textin(int4out("t0"."points")) as "c1" from "public"."customers" "t0" where ("t0"."id" <= $1::int4) order by "t0"."points" desc nulls last, "t0"."id"
   with 1: customers.args.where.id._lte
