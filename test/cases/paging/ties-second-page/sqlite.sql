1. orders [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(json_quote("t0"."id"), 'null'), '}') as "j" from "orders" "t0" order by "t0"."status", "t0"."id" limit 5 offset 5)) as "c0"
