1. orders_aggregate [shop]
   select count_big(distinct case when "t0"."customer_id" is not null and "t0"."coupon" is not null then cast("t0"."customer_id" as nvarchar(max)) + N',' + replace(replace(rtrim(cast("t0"."coupon" as nvarchar(max))), N'|', N'||'), N',', N'|,') end) as "c0" from "dbo"."orders" "t0"
