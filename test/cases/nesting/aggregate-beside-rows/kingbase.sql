1. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where "t0"."id" = any($1::int4[]) order by "t0"."id"
   with 1: customers.args.where.id._in
   1. array for all rows at once, by key [shop]
      select "t1"."i", "t2"."c0" from (select "k0", "i" - 1 as "i" from unnest($1::int4[]) with ordinality as foz_keys("k0", "i")) "t1" cross join lateral (select textin(int4out("t0"."id")) as "c0" from "public"."orders" "t0" where "t0"."customer_id" = "t1"."k0" order by "t0"."id" limit 1) "t2"
      with 1: keys of the rows above
   2. aggregate for all rows at once, by key [shop]
      select "t1"."i" as "c0", count(*) as "c1", textin(numeric_out(sum("t0"."total"))) as "c2" from (select "k0", "i" - 1 as "i" from unnest($1::int4[]) with ordinality as foz_keys("k0", "i")) "t1" join "public"."orders" "t0" on "t0"."customer_id" = "t1"."k0" group by "t1"."i"
      with 1: keys of the rows above
