1. customers [shop]
   select `t0`.`id` as `c0` from `shop`.`customers` `t0` where `t0`.`id` in (?) order by `t0`.`id`
   with 1: customers.args.where.id._in
   1. array for all rows at once, by key [shop]
      select `t1`.`i`, `t2`.`c0` from json_table(?, '$[*]' columns (`i` int path '$[0]', `k0` bigint path '$[1]')) `t1` cross join lateral (select `t0`.`id` as `c0` from `shop`.`orders` `t0` where `t0`.`customer_id` = `t1`.`k0` order by `t0`.`id` limit 1) `t2`
      with 1: keys of the rows above
   2. aggregate for all rows at once, by key [shop]
      select `t1`.`i` as `c0`, count(*) as `c1`, sum(`t0`.`total`) as `c2` from json_table(?, '$[*]' columns (`i` int path '$[0]', `k0` bigint path '$[1]')) `t1` join `shop`.`orders` `t0` on `t0`.`customer_id` = `t1`.`k0` group by `t1`.`i`
      with 1: keys of the rows above
