1. customers [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(case typeof("t0"."id") when 'integer' then "t0"."id" when 'null' then 'null' else foz_json_integer("t0"."id") end, 'null'), ',"points":', ifnull(case typeof("t0"."points") when 'integer' then "t0"."points" when 'null' then 'null' else foz_json_integer("t0"."points") end, 'null'), '}') as "j" from "customers" "t0" where "t0"."id" <= ? order by "t0"."points" desc, "t0"."id")) as "c0"
   with 1: customers.args.where.id._lte
