1. customers [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where "t0"."id" in (select cast(v as int) from openjson(@p1) with (v nvarchar(max) '$')) order by "t0"."id"
   with 1: customers.args.where.id._in
   1. array for all rows at once, by key [shop]
      select "t2"."c0", "t2"."c1" from (select "t1"."i" as "c0", "t0"."id" as "c1", row_number() over (partition by "t1"."i" order by "t0"."id") as "foz_row_number" from (select i as "i", cast("k0" as int) as "k0" from openjson(@p1) with (i int '$.i', "k0" nvarchar(max) '$.k0')) "t1" join "dbo"."orders" "t0" on "t0"."customer_id" = "t1"."k0") "t2" where "t2"."foz_row_number" > 0 and "t2"."foz_row_number" <= 1 order by "t2"."foz_row_number"
      with 1: keys of the rows above
   2. aggregate for all rows at once, by key [shop]
      select "t1"."i" as "c0", count_big(*) as "c1", convert(varchar(41), sum("t0"."total")) as "c2" from (select i as "i", cast("k0" as int) as "k0" from openjson(@p1) with (i int '$.i', "k0" nvarchar(max) '$.k0')) "t1" join "dbo"."orders" "t0" on "t0"."customer_id" = "t1"."k0" group by "t1"."i"
      with 1: keys of the rows above
