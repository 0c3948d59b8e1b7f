1. texts [shop]
   select textin(int4out("t0"."id")) as "c0", "t0"."kind" as "c1", "t0"."value" as "c2" from "public"."texts" "t0" where ("t0"."value" like $1::text) order by "t0"."id"
   with 1: texts.args.where.value._contains
