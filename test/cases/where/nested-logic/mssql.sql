1. customers [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where ((("t0"."id" > cast(@p1 as int)) and ("t0"."id" < cast(@p2 as int))) or not ((("t0"."id" < cast(@p3 as int)) or ("t0"."is_vip" = cast(@p4 as bit))))) order by "t0"."id"
   with 1: customers.args.where._or[0]._and[0].id._gt, 2: customers.args.where._or[0]._and[1].id._lt, 3: customers.args.where._or[1]._not._or[0].id._lt, 4: customers.args.where._or[1]._not._or[1].is_vip._eq
