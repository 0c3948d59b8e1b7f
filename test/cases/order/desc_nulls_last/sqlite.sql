1. customers [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(json_quote("t0"."id"), 'null'), ',"points":', ifnull(json_quote("t0"."points"), 'null'), '}') as "j" from "customers" "t0" where "t0"."id" <= ? order by "t0"."points" desc, "t0"."id")) as "c0"
   with 1: customers.args.where.id._lte
