1. customers [shop]
   select (select coalesce('[' || string_agg(foz_rows."j", ',') || ']', '[]') from (select ('{"id":' || coalesce(textin(int4out("t0"."id")), 'null') || ',"points":' || coalesce(textin(int4out("t0"."points")), 'null') || '}') as "j" from "public"."customers" "t0" where ("t0"."id" <= $1::int4) order by "t0"."points" desc nulls last, "t0"."id") foz_rows) as "c0"
   with 1: customers.args.where.id._lte
