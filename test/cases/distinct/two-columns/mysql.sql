1. orders [shop]
   select `t0`.`customer_id` as `c0`, `t0`.`status` as `c1`, `t0`.`id` as `c2` from (select `t0`.*, row_number() over (partition by `t0`.`customer_id`, `t0`.`status` order by `t0`.`customer_id`, `t0`.`status`, `t0`.`id` desc) as `foz_row_number` from `shop`.`orders` `t0`) `t0` where `t0`.`foz_row_number` = 1 order by `t0`.`customer_id`, `t0`.`status`, `t0`.`id` desc limit 5
