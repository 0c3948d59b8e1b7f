1. categories_aggregate [shop]
   select stdev(cast("t0"."position" as float)) as "c0", stdev(cast("t0"."position" as float)) as "c1", var(cast("t0"."position" as float)) as "c2", var(cast("t0"."position" as float)) as "c3" from "dbo"."categories" "t0" where "t0"."id" in (select cast(v as int) from openjson(@p1) with (v nvarchar(max) '$'))
   with 1: categories_aggregate.args.where.id._in
