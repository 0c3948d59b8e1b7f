1. orders [shop]
   select (select coalesce('[' || string_agg(foz_rows."j", ',') || ']', '[]') from (select ('{"id":' || coalesce(textin(int4out("t0"."id")), 'null') || '}') as "j" from "public"."orders" "t0" order by "t0"."status", "t0"."id" limit 5 offset 5) foz_rows) as "c0"
