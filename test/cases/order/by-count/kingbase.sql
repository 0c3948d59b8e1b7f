1. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" order by (select count(*) from "public"."orders" "t1" where "t1"."customer_id" = "t0"."id") desc, "t0"."id" limit 4
   1. aggregate for all rows at once, by key [shop]
      select "t1"."i" as "c0", count(*) as "c1" from (select "k0", "i" - 1 as "i" from unnest($1::int4[]) with ordinality as foz_keys("k0", "i")) "t1" join "public"."orders" "t0" on "t0"."customer_id" = "t1"."k0" group by "t1"."i"
      with 1: keys of the rows above
