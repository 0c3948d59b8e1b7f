1. orders [shop]
   select (select coalesce('[' || string_agg(foz_rows."j", ',') || ']', '[]') from (select ('{"id":' || coalesce(textin(int4out("t0"."id")), 'null') || ',"seller":' || coalesce(case when "t1"."id" is not null then ('{"name":' || coalesce(to_json("t1"."name"::text)::text, 'null') || '}') end, 'null') || '}') as "j" from "public"."orders" "t0" left join "public"."employees" "t1" on "t1"."id" = "t0"."seller_id" where ("t0"."id" <= $1::int4) order by "t1"."name", "t0"."id") foz_rows) as "c0"
   with 1: orders.args.where.id._lte
