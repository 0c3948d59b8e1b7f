1. customers [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where ("t0"."id" <= cast(@p1 as int)) order by "t0"."id"
   with 1: customers.args.where.id._lte
   1. array for all rows at once, by key [shop]
      select "t2"."c0", "t2"."c1" from (select "t1"."i" as "c0", "t0"."id" as "c1", row_number() over (partition by "t1"."i" order by "t0"."id") as "foz_row_number" from (select i as "i", cast("k0" as int) as "k0" from openjson(@p1) with (i int '$.i', "k0" nvarchar(max) '$.k0')) "t1" join "dbo"."orders" "t0" on "t0"."customer_id" = "t1"."k0") "t2" where "t2"."foz_row_number" > 0 and "t2"."foz_row_number" <= 2 order by "t2"."foz_row_number"
      with 1: keys of the rows above
      1. array for all rows at once, by key [shop]
         select "t1"."i" as "c0", "t0"."line_no" as "c1", "t2"."sku" as "c2", "t3"."name" as "c3", "t4"."name" as "c4", "t4"."id" as "c5", "t3"."id" as "c6", "t2"."id" as "c7" from (select i as "i", cast("k0" as int) as "k0" from openjson(@p1) with (i int '$.i', "k0" nvarchar(max) '$.k0')) "t1" join "dbo"."order_items" "t0" on "t0"."order_id" = "t1"."k0" left join "dbo"."products" "t2" on "t2"."id" = "t0"."product_id" left join "dbo"."categories" "t3" on "t3"."id" = "t2"."category_id" left join "dbo"."categories" "t4" on "t4"."id" = "t3"."parent_id" order by "t0"."line_no"
         with 1: keys of the rows above
