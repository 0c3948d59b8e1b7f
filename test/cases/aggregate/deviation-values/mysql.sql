1. categories_aggregate [shop]
   select cast(stddev_samp(`t0`.`position` + 0e0) as char) as `c0`, cast(stddev_samp(`t0`.`position` + 0e0) as char) as `c1`, cast(var_samp(`t0`.`position` + 0e0) as char) as `c2`, cast(var_samp(`t0`.`position` + 0e0) as char) as `c3` from `shop`.`categories` `t0` where `t0`.`id` in (?)
   with 1: categories_aggregate.args.where.id._in
