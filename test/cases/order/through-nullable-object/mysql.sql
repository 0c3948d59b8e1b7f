1. orders [shop]
   select `t0`.`id` as `c0`, `t1`.`name` as `c1`, `t1`.`id` as `c2` from `shop`.`orders` `t0` left join `shop`.`employees` `t1` on `t1`.`id` = `t0`.`seller_id` where (`t0`.`id` <= ?) order by `t1`.`name` is null, `t1`.`name`, `t0`.`id`
   with 1: orders.args.where.id._lte
