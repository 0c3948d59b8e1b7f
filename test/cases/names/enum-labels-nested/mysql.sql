1. group [shop]
   select `t0`.`key` as `c0` from `shop`.`group` `t0` order by `t0`.`key`
   1. array for all rows at once, by key [shop]
      select `t1`.`i` as `c0`, case `t0`.`1st` when ? then '_1st' when ? then 'two_words' when ? then 'unicode' else `t0`.`1st` end as `c1` from json_table(?, '$[*]' columns (`i` int path '$[0]', `k0` bigint path '$[1]')) `t1` join `shop`.`odd "table" [of] ``names``?` `t0` on `t0`.`GROUP` = `t1`.`k0` order by `t0`.`id`
      with 1: constant, 2: constant, 3: constant, 4: keys of the rows above
