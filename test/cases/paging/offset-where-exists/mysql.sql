1. categories [shop]
   select `t0`.`id` as `c0`, `t0`.`name` as `c1` from `shop`.`categories` `t0` where exists (select 1 from `shop`.`categories` `t1` where `t1`.`parent_id` = `t0`.`id`) order by `t0`.`id` limit 18446744073709551615 offset 2
2. customers [shop]
   select `t0`.`id` as `c0` from `shop`.`customers` `t0` where exists (select 1 from `shop`.`orders` `t1` where `t1`.`customer_id` = `t0`.`id` and exists (select 1 from `shop`.`order_items` `t2` where `t2`.`order_id` = `t1`.`id` and (`t2`.`quantity` > ?))) order by `t0`.`id` limit 3 offset 2
   with 1: customers.args.where.orders.order_items.quantity._gt
