1. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where "t0"."id" = any($1::int4[]) order by "t0"."id"
   with 1: customers.args.where.id._in
   1. aggregate for all rows at once, by key [shop]
      select "t1"."i" as "c0", count(*) as "c1" from (select "k0", "i" - 1 as "i" from unnest($1::int4[]) with ordinality as foz_keys("k0", "i")) "t1" join "public"."orders" "t0" on "t0"."customer_id" = "t1"."k0" group by "t1"."i"
      with 1: keys of the rows above
      1. groups for all rows at once, by key [shop]
         select "t2"."c0", "t2"."c1", "t2"."c2" from (select "t1"."i" as "c0", "t0"."status"::text as "c1", count(*) as "c2", row_number() over (partition by "t1"."i" order by count(*) desc, "t0"."status") as "foz_row_number" from (select "k0", "i" - 1 as "i" from unnest($1::int4[]) with ordinality as foz_keys("k0", "i")) "t1" join "public"."orders" "t0" on "t0"."customer_id" = "t1"."k0" group by "t1"."i", "t0"."status") "t2" where "t2"."foz_row_number" > 0 and "t2"."foz_row_number" <= 2 order by "t2"."foz_row_number"
         with 1: keys of the rows above
