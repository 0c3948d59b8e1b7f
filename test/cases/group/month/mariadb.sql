1. orders_aggregate [shop]
   select 1
   1. rows of the same field [shop]
      select cast((date(`t0`.`placed_at`) - interval dayofmonth(`t0`.`placed_at`) - 1 day) as datetime) as `c0`, count(*) as `c1` from `shop`.`orders` `t0` group by cast((date(`t0`.`placed_at`) - interval dayofmonth(`t0`.`placed_at`) - 1 day) as datetime) order by cast((date(`t0`.`placed_at`) - interval dayofmonth(`t0`.`placed_at`) - 1 day) as datetime)
