1. customers [shop]
   select `t0`.`id` as `c0` from `shop`.`customers` `t0` where `t0`.`id` in (?) order by `t0`.`id`
   with 1: customers.args.where.id._in
   1. aggregate for all rows at once, by key [shop]
      select `t2`.`foz_parent` as `c0`, count(*) as `c1`, sum(`t2`.`total`) as `c2` from (select `t1`.`i` as `foz_parent`, `t0`.`id`, `t0`.`customer_id`, `t0`.`billing_address_id`, `t0`.`shipping_address_id`, `t0`.`seller_id`, `t0`.`status`, `t0`.`placed_at`, `t0`.`shipped_at`, `t0`.`coupon`, `t0`.`total`, row_number() over (partition by `t1`.`i` order by `t0`.`total` desc, `t0`.`id`) as `foz_row_number` from json_table(?, '$[*]' columns (`i` int path '$[0]', `k0` bigint path '$[1]')) `t1` join `shop`.`orders` `t0` on `t0`.`customer_id` = `t1`.`k0`) `t2` where `t2`.`foz_row_number` > 0 and `t2`.`foz_row_number` <= 2 group by `t2`.`foz_parent`
      with 1: keys of the rows above
      1. array for all rows at once, by key [shop]
         (select 0 as `c0`, `t0`.`id` as `c1` from `shop`.`orders` `t0` where `t0`.`customer_id` = ? order by `t0`.`total` desc, `t0`.`id` limit 2) union all (select 1 as `c0`, `t1`.`id` as `c1` from `shop`.`orders` `t1` where `t1`.`customer_id` = ? order by `t1`.`total` desc, `t1`.`id` limit 2)
         with 1: keys of the rows above, 2: keys of the rows above
