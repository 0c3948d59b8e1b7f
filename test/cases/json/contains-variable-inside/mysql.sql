1. products [shop]
   select `t0`.`id` as `c0` from `shop`.`products` `t0` where (json_contains(if(? = 1, cast(cast(`t0`.`attributes` as char) as json), `t0`.`attributes`), cast(? as json))) order by `t0`.`id`
   with 1: products.args.where.attributes._contains, 2: products.args.where.attributes._contains
