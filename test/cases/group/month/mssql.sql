1. orders_aggregate [shop]
   select 1
   1. rows of the same field [shop]
      select convert(varchar(27), cast(datefromparts(year("t0"."placed_at"), month("t0"."placed_at"), 1) as datetime2(0)), 121) as "c0", count_big(*) as "c1" from "dbo"."orders" "t0" group by cast(datefromparts(year("t0"."placed_at"), month("t0"."placed_at"), 1) as datetime2(0)) order by cast(datefromparts(year("t0"."placed_at"), month("t0"."placed_at"), 1) as datetime2(0))
