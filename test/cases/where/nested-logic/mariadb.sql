1. customers [shop]
   select `t0`.`id` as `c0` from `shop`.`customers` `t0` where (((`t0`.`id` > ?) and (`t0`.`id` < ?)) or not (((`t0`.`id` < ?) or ((`t0`.`is_vip` = ? or ((`t0`.`is_vip` < 0 or `t0`.`is_vip` > 1) and 1 = ?)))))) order by `t0`.`id`
   with 1: customers.args.where._or[0]._and[0].id._gt, 2: customers.args.where._or[0]._and[1].id._lt, 3: customers.args.where._or[1]._not._or[0].id._lt, 4: customers.args.where._or[1]._not._or[1].is_vip._eq, 5: customers.args.where._or[1]._not._or[1].is_vip._eq
