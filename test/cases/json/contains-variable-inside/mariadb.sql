1. products [shop]
   select `t0`.`id` as `c0` from `shop`.`products` `t0` where (json_contains(`t0`.`attributes`, ?)) order by `t0`.`id`
   with 1: products.args.where.attributes._contains
