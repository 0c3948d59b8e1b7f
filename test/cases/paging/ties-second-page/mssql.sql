1. orders [shop]
   select "t0"."id" as "c0" from "dbo"."orders" "t0" order by "t0"."status", "t0"."id" offset 5 rows fetch next 5 rows only
