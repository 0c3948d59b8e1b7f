1. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where (select count(*) from "public"."orders" "t1" where "t1"."customer_id" = "t0"."id" and ("t1"."status" = $1::"public"."order_status")) >= $2::int4 order by "t0"."id"
   with 1: customers.args.where.orders_aggregate.count.filter.status._eq, 2: customers.args.where.orders_aggregate.count.predicate._gte
