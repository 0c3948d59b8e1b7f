1. customers [shop]
   select `t0`.`id` as `c0` from `shop`.`customers` `t0` order by (select count(*) from `shop`.`orders` `t1` where `t1`.`customer_id` = `t0`.`id`) desc, `t0`.`id` limit 4
   1. aggregate for all rows at once, by key [shop]
      select `t1`.`i` as `c0`, count(*) as `c1` from json_table(?, '$[*]' columns (`i` int path '$[0]', `k0` bigint path '$[1]')) `t1` join `shop`.`orders` `t0` on `t0`.`customer_id` = `t1`.`k0` group by `t1`.`i`
      with 1: keys of the rows above
