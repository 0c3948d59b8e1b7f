1. orders [shop]
   select `t0`.`id` as `c0` from `shop`.`orders` `t0` order by `t0`.`status`, `t0`.`id` limit 5 offset 5
