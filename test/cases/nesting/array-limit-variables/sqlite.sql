1. customers [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(json_quote("t0"."id"), 'null'), ',"orders":', ifnull((select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(json_quote("t1"."id"), 'null'), '}') as "j" from "orders" "t1" where "t1"."customer_id" = "t0"."id" order by "t1"."id" limit 2 offset 1)), 'null'), '}') as "j" from "customers" "t0" where "t0"."id" in (select value from json_each(?)) order by "t0"."id")) as "c0"
   with 1: customers.args.where.id._in
