1. texts [shop]
   select (select coalesce('[' || string_agg(foz_rows."j", ',') || ']', '[]') from (select ('{"id":' || coalesce(textin(int4out("t0"."id")), 'null') || ',"kind":' || coalesce(to_json("t0"."kind"::text)::text, 'null') || ',"value":' || coalesce(to_json("t0"."value"::text)::text, 'null') || '}') as "j" from "public"."texts" "t0" where ("t0"."value" like $1::text) order by "t0"."id") foz_rows) as "c0"
   with 1: texts.args.where.value._contains
