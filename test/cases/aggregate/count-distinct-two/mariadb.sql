1. orders_aggregate [shop]
   select count(distinct `t0`.`customer_id`, `t0`.`coupon`) as `c0` from `shop`.`orders` `t0`
