1. customers [shop]
   select "t0"."id" as "c0", "t0"."points" as "c1" from "dbo"."customers" "t0" where ("t0"."id" <= cast(@p1 as int)) order by "t0"."points" desc, "t0"."id"
   with 1: customers.args.where.id._lte
