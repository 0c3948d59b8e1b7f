1. customers_by_pk [shop]
   select textin(int4out("t0"."id")) as "c0", "t0"."nickname" as "c1" from "public"."customers" "t0" where ("t0"."id" = $1::int4)
   with 1: $id
