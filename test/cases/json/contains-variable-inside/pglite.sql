1. products [shop]
   select (select coalesce('[' || string_agg(foz_rows."j", ',') || ']', '[]') from (select ('{"id":' || coalesce(textin(int4out("t0"."id")), 'null') || '}') as "j" from "public"."products" "t0" where ("t0"."attributes"::jsonb @> $1::jsonb) order by "t0"."id") foz_rows) as "c0"
   with 1: products.args.where.attributes._contains
