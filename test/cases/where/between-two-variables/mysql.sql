1. customers [shop]
   select `t0`.`id` as `c0`, `t0`.`birthday` as `c1` from `shop`.`customers` `t0` where ((`t0`.`birthday` >= ?) and (`t0`.`birthday` <= ?)) order by `t0`.`id`
   with 1: $low, 2: $high
