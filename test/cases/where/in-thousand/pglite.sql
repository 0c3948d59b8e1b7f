1. customers [shop]
   select (select coalesce('[' || string_agg(foz_rows."j", ',') || ']', '[]') from (select ('{"id":' || coalesce(textin(int4out("t0"."id")), 'null') || '}') as "j" from "public"."customers" "t0" where "t0"."id" = any($1::int4[]) order by "t0"."id") foz_rows) as "c0"
   with 1: $ids
