1. customers [shop]
   select (select coalesce('[' || string_agg(foz_rows."j", ',') || ']', '[]') from (select ('{"id":' || coalesce(textin(int4out("t0"."id")), 'null') || '}') as "j" from "public"."customers" "t0" where "t0"."points" is not null order by "t0"."id") foz_rows) as "c0"
