1. orders [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(case typeof("t0"."id") when 'integer' then "t0"."id" when 'null' then 'null' else foz_json_integer("t0"."id") end, 'null'), '}') as "j" from "orders" "t0" order by "t0"."status", "t0"."id" limit 5 offset 5)) as "c0"
