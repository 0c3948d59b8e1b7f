1. products [shop]
   select `t0`.`id` as `c0`, json_extract(`t0`.`attributes`, ?) as `c1`, json_extract(`t0`.`attributes`, ?) as `c2`, json_extract(json_extract(`t0`.`attributes`, ?), if(json_type(json_extract(`t0`.`attributes`, ?)) = 'ARRAY', ?, ?)) as `c3` from `shop`.`products` `t0` where (`t0`.`id` <= ?) order by `t0`.`id`
   with 1: constant, 2: constant, 3: constant, 4: constant, 5: constant, 6: constant, 7: products.args.where.id._lte
