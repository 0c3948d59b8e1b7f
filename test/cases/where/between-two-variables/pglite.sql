1. customers [shop]
   select (select coalesce('[' || string_agg(foz_rows."j", ',') || ']', '[]') from (select ('{"id":' || coalesce(textin(int4out("t0"."id")), 'null') || ',"birthday":' || coalesce(('"' || textin(date_out("t0"."birthday")) || '"'), 'null') || '}') as "j" from "public"."customers" "t0" where (("t0"."birthday" >= $1::date) and ("t0"."birthday" <= $2::date)) order by "t0"."id") foz_rows) as "c0"
   with 1: $low, 2: $high
