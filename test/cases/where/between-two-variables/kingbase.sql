1. customers [shop]
   select textin(int4out("t0"."id")) as "c0", textin(date_out("t0"."birthday")) as "c1" from "public"."customers" "t0" where (("t0"."birthday" >= $1::"pg_catalog"."date") and ("t0"."birthday" <= $2::"pg_catalog"."date")) order by "t0"."id"
   with 1: $low, 2: $high
