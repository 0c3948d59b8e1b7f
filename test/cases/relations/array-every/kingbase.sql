1. customers [shop]
   select textin(int4out("t0"."id")) as "c0" from "public"."customers" "t0" where not (exists (select 1 from "public"."orders" "t1" where "t1"."customer_id" = "t0"."id" and not (("t1"."status" <> $1::"public"."order_status")))) order by "t0"."id"
   with 1: customers.args.where.orders._every.status._neq
