1. customers [shop]
   select "t0"."id" as "c0", convert(varchar(10), "t0"."birthday", 23) as "c1" from "dbo"."customers" "t0" where (("t0"."birthday" >= cast(@p1 as date)) and ("t0"."birthday" <= cast(@p2 as date))) order by "t0"."id"
   with 1: $low, 2: $high
