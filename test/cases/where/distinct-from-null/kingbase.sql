1. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where "t0"."points" is not null order by "t0"."id"
