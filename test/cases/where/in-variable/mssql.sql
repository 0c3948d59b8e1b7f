1. customers [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where "t0"."id" in (select cast(v as int) from openjson(@p1) with (v nvarchar(max) '$')) order by "t0"."id"
   with 1: $ids
