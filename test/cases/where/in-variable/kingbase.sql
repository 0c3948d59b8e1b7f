1. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where "t0"."id" = any($1::int4[]) order by "t0"."id"
   with 1: $ids
