1. orders_aggregate [shop]
   select 1
   1. rows of the same field [shop]
      select textin(int4out("t0"."customer_id")) as "c0", textin(numeric_out(sum("t0"."total"))) as "c1" from "public"."orders" "t0" group by "t0"."customer_id" having sum("t0"."total") >= $1::numeric order by "t0"."customer_id"
      with 1: orders_aggregate.selectionSet.group_by.args.having.sum.total._gte
