1. customers [shop]
   select `t0`.`id` as `c0` from `shop`.`customers` `t0` where (select count(*) from `shop`.`orders` `t1` where `t1`.`customer_id` = `t0`.`id` and (`t1`.`status` = ?)) >= ? order by `t0`.`id`
   with 1: customers.args.where.orders_aggregate.count.filter.status._eq, 2: customers.args.where.orders_aggregate.count.predicate._gte
