1. customers_connection [shop]
   select "t0"."id" as "c0" from "customers" "t0" where "t0"."id" > ? order by "t0"."id" limit 3
   with 1: customers_connection.args.after
