1. orders_aggregate [shop]
   select 1
   1. rows of the same field [shop]
      select "t0"."customer_id" as "c0", convert(varchar(41), sum("t0"."total")) as "c1" from "dbo"."orders" "t0" group by "t0"."customer_id" having sum("t0"."total") >= cast(@p1 as decimal(38, 10)) order by "t0"."customer_id"
      with 1: orders_aggregate.selectionSet.group_by.args.having.sum.total._gte
