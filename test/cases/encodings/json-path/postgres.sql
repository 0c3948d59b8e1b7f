1. products [shop]
   select (select coalesce('[' || string_agg(foz_rows."j", ',') || ']', '[]') from (select ('{"id":' || coalesce("t0"."id"::text, 'null') || ',"blade":' || coalesce(("t0"."attributes" #> $1::text[])::text, 'null') || ',"steel":' || coalesce(("t0"."attributes" #> $2::text[])::text, 'null') || ',"none":' || coalesce(("t0"."attributes" #> $3::text[])::text, 'null') || '}') as "j" from "public"."products" "t0" where ("t0"."id" <= $4::int4) order by "t0"."id") foz_rows) as "c0"
   with 1: constant, 2: constant, 3: constant, 4: products.args.where.id._lte
