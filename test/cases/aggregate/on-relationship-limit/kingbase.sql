1. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where "t0"."id" = any($1::int4[]) order by "t0"."id"
   with 1: customers.args.where.id._in
   1. aggregate for all rows at once, by key [shop]
      select "t2"."foz_parent" as "c0", count(*) as "c1", textin(numeric_out(sum("t2"."total"))) as "c2" from (select "t1"."i" as "foz_parent", "t0"."id", "t0"."customer_id", "t0"."billing_address_id", "t0"."shipping_address_id", "t0"."seller_id", "t0"."status", "t0"."placed_at", "t0"."shipped_at", "t0"."coupon", "t0"."total", row_number() over (partition by "t1"."i" order by "t0"."total" desc, "t0"."id") as "foz_row_number" from (select "k0", "i" - 1 as "i" from unnest($1::int4[]) with ordinality as foz_keys("k0", "i")) "t1" join "public"."orders" "t0" on "t0"."customer_id" = "t1"."k0") "t2" where "t2"."foz_row_number" > 0 and "t2"."foz_row_number" <= 2 group by "t2"."foz_parent"
      with 1: keys of the rows above
      1. array for all rows at once, by key [shop]
         select "t1"."i", "t2"."c0" from (select "k0", "i" - 1 as "i" from unnest($1::int4[]) with ordinality as foz_keys("k0", "i")) "t1" cross join lateral (select textin(int4out("t0"."id")) as "c0" from "public"."orders" "t0" where "t0"."customer_id" = "t1"."k0" order by "t0"."total" desc, "t0"."id" limit 2) "t2"
         with 1: keys of the rows above
