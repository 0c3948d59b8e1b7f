1. customers [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where "t0"."id" in (select cast(v as int) from openjson(@p1) with (v nvarchar(max) '$')) order by "t0"."id"
   with 1: customers.args.where.id._in
   1. aggregate for all rows at once, by key [shop]
      select "t1"."i" as "c0", count_big(*) as "c1" from (select i as "i", cast("k0" as int) as "k0" from openjson(@p1) with (i int '$.i', "k0" nvarchar(max) '$.k0')) "t1" join "dbo"."orders" "t0" on "t0"."customer_id" = "t1"."k0" group by "t1"."i"
      with 1: keys of the rows above
      1. groups for all rows at once, by key [shop]
         select "t2"."c0", "t2"."c1", "t2"."c2" from (select "t1"."i" as "c0", case "t0"."status" when @p1 then 'cancelled' when @p2 then 'cart' when @p3 then 'paid' when @p4 then 'placed' when @p5 then 'shipped' else "t0"."status" end as "c1", count_big(*) as "c2", row_number() over (partition by "t1"."i" order by count_big(*) desc, "t0"."status") as "foz_row_number" from (select i as "i", cast("k0" as int) as "k0" from openjson(@p6) with (i int '$.i', "k0" nvarchar(max) '$.k0')) "t1" join "dbo"."orders" "t0" on "t0"."customer_id" = "t1"."k0" group by "t1"."i", "t0"."status") "t2" where "t2"."foz_row_number" > 0 and "t2"."foz_row_number" <= 2 order by "t2"."foz_row_number"
         with 1: constant, 2: constant, 3: constant, 4: constant, 5: constant, 6: keys of the rows above
