1. customers [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(json_quote("t0"."id"), 'null'), '}') as "j" from "customers" "t0" where not (exists (select 1 from "orders" "t1" where "t1"."customer_id" = "t0"."id" and not ("t1"."status" <> ?))) order by "t0"."id")) as "c0"
   with 1: customers.args.where.orders._every.status._neq
