1. orders_aggregate [shop]
   select 1
   1. rows of the same field [shop]
      select textin(timestamp_out(date_trunc('month', "t0"."placed_at"))) as "c0", count(*) as "c1" from "public"."orders" "t0" group by date_trunc('month', "t0"."placed_at") order by date_trunc('month', "t0"."placed_at")
