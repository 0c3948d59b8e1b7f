1. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where ("t0"."id" <= $1::int4) order by "t0"."id"
   with 1: customers.args.where.id._lte
   1. array for all rows at once, by key [shop]
      select "t1"."i", "t2"."c0" from (select "k0", "i" - 1 as "i" from unnest($1::int4[]) with ordinality as foz_keys("k0", "i")) "t1" cross join lateral (select textin(int4out("t0"."id")) as "c0" from "public"."orders" "t0" where "t0"."customer_id" = "t1"."k0" order by "t0"."id" limit 2) "t2"
      with 1: keys of the rows above
      1. array for all rows at once, by key [shop]
         select "t1"."i" as "c0", textin(int2out("t0"."line_no")) as "c1", "t2"."sku" as "c2", "t3"."name" as "c3", "t4"."name" as "c4", textin(int4out("t4"."id")) as "c5", textin(int4out("t3"."id")) as "c6", textin(int4out("t2"."id")) as "c7" from (select "k0", "i" - 1 as "i" from unnest($1::int4[]) with ordinality as foz_keys("k0", "i")) "t1" join "public"."order_items" "t0" on "t0"."order_id" = "t1"."k0" left join "public"."products" "t2" on "t2"."id" = "t0"."product_id" left join "public"."categories" "t3" on "t3"."id" = "t2"."category_id" left join "public"."categories" "t4" on "t4"."id" = "t3"."parent_id" order by "t0"."line_no"
         with 1: keys of the rows above
