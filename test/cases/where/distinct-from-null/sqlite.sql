1. customers [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(case typeof("t0"."id") when 'integer' then "t0"."id" when 'null' then 'null' else foz_json_integer("t0"."id") end, 'null'), '}') as "j" from "customers" "t0" where "t0"."points" is not null order by "t0"."id")) as "c0"
