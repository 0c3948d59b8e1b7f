1. texts [shop]
   select `t0`.`id` as `c0`, `t0`.`kind` as `c1`, `t0`.`value` as `c2` from `shop`.`texts` `t0` where (convert(`t0`.`value` using utf8mb4) collate utf8mb4_bin like ? escape '|') order by `t0`.`id`
   with 1: texts.args.where.value._contains
