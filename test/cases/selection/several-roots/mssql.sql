1. customers [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where ("t0"."id" = cast(@p1 as int))
   with 1: customers.args.where.id._eq
2. tags [shop]
   select "t0"."name" as "c0" from "dbo"."tags" "t0" order by "t0"."id" offset 0 rows fetch next 2 rows only
3. orders_aggregate [shop]
   select count_big(*) as "c0" from "dbo"."orders" "t0"
4. customers_by_pk [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where ("t0"."id" = cast(@p1 as int))
   with 1: customers_by_pk.args.id
