1. customers [shop]
   select `t0`.`id` as `c0` from `shop`.`customers` `t0` where not (exists (select 1 from `shop`.`orders` `t1` where `t1`.`customer_id` = `t0`.`id` and not ((`t1`.`status` <> ?)))) order by `t0`.`id`
   with 1: customers.args.where.orders._every.status._neq
