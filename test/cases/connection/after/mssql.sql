1. customers_connection [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where ("t0"."id" > cast(@p1 as int)) order by "t0"."id" offset 0 rows fetch next 3 rows only
   with 1: customers_connection.args.after
