1. customers [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" order by (select count_big(*) from "dbo"."orders" "t1" where "t1"."customer_id" = "t0"."id") desc, "t0"."id" offset 0 rows fetch next 4 rows only
   1. aggregate for all rows at once, by key [shop]
      select "t1"."i" as "c0", count_big(*) as "c1" from (select i as "i", cast("k0" as int) as "k0" from openjson(@p1) with (i int '$.i', "k0" nvarchar(max) '$.k0')) "t1" join "dbo"."orders" "t0" on "t0"."customer_id" = "t1"."k0" group by "t1"."i"
      with 1: keys of the rows above
