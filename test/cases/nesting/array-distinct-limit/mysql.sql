1. customers [shop]
   select `t0`.`id` as `c0` from `shop`.`customers` `t0` where `t0`.`id` in (?) order by `t0`.`id`
   with 1: customers.args.where.id._in
   1. array for all rows at once, by key [shop]
      select `t2`.`c0`, `t2`.`c1`, `t2`.`c2` from (select `t0`.`foz_parent` as `c0`, `t0`.`status` as `c1`, `t0`.`id` as `c2`, row_number() over (partition by `t0`.`foz_parent` order by `t0`.`status`, `t0`.`id` desc) as `foz_row_number` from (select `t0`.*, row_number() over (partition by `t1`.`i`, `t0`.`status` order by `t0`.`status`, `t0`.`id` desc) as `foz_row_number`, `t1`.`i` as `foz_parent` from json_table(?, '$[*]' columns (`i` int path '$[0]', `k0` bigint path '$[1]')) `t1` cross join `shop`.`orders` `t0` where `t0`.`customer_id` = `t1`.`k0`) `t0` where `t0`.`foz_row_number` = 1) `t2` where `t2`.`foz_row_number` > 0 and `t2`.`foz_row_number` <= 2 order by `t2`.`foz_row_number`
      with 1: keys of the rows above
