1. customers_connection [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where ("t0"."id" > $1::int4) order by "t0"."id" limit 3
   with 1: customers_connection.args.after
