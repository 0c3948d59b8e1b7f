1. customers [shop]
   select `t0`.`id` as `c0` from `shop`.`customers` `t0` where `t0`.`id` in (?) order by `t0`.`id`
   with 1: customers.args.where.id._in
   1. array for all rows at once, by key [shop]
      (select 0 as `c0`, `t0`.`id` as `c1` from `shop`.`orders` `t0` where `t0`.`customer_id` = ? order by `t0`.`id` limit 1) union all (select 1 as `c0`, `t1`.`id` as `c1` from `shop`.`orders` `t1` where `t1`.`customer_id` = ? order by `t1`.`id` limit 1)
      with 1: keys of the rows above, 2: keys of the rows above
   2. aggregate for all rows at once, by key [shop]
      select `t1`.`i` as `c0`, count(*) as `c1`, sum(`t0`.`total`) as `c2` from json_table(?, '$[*]' columns (`i` int path '$[0]', `k0` bigint path '$[1]')) `t1` join `shop`.`orders` `t0` on `t0`.`customer_id` = `t1`.`k0` group by `t1`.`i`
      with 1: keys of the rows above
