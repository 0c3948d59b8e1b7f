1. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where ((("t0"."id" > $1::int4) and ("t0"."id" < $2::int4)) or not ((("t0"."id" < $3::int4) or ("t0"."is_vip" = $4::bool)))) order by "t0"."id"
   with 1: customers.args.where._or[0]._and[0].id._gt, 2: customers.args.where._or[0]._and[1].id._lt, 3: customers.args.where._or[1]._not._or[0].id._lt, 4: customers.args.where._or[1]._not._or[1].is_vip._eq
