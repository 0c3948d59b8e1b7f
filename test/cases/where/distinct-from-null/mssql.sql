1. customers [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where "t0"."points" is not null order by "t0"."id"
