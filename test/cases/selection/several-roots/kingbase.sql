1. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where ("t0"."id" = $1::int4)
   with 1: customers.args.where.id._eq
2. tags [shop]
   select "t0"."name" as "c0" from "public"."tags" "t0" order by "t0"."id" limit 2
3. orders_aggregate [shop]
   select count(*) as "c0" from "public"."orders" "t0"
4. customers_by_pk [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where ("t0"."id" = $1::int4)
   with 1: customers_by_pk.args.id
