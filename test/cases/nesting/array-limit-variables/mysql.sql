1. customers [shop]
   select `t0`.`id` as `c0` from `shop`.`customers` `t0` where `t0`.`id` in (?) order by `t0`.`id`
   with 1: customers.args.where.id._in
   1. array for all rows at once, by key [shop]
      select `t1`.`i`, `t2`.`c0` from json_table(?, '$[*]' columns (`i` int path '$[0]', `k0` bigint path '$[1]')) `t1` cross join lateral (select `t0`.`id` as `c0` from `shop`.`orders` `t0` where `t0`.`customer_id` = `t1`.`k0` order by `t0`.`id` limit 2 offset 1) `t2`
      with 1: keys of the rows above
