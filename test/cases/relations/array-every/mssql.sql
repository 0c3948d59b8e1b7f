1. customers [shop]
   select "t0"."id" as "c0" from "dbo"."customers" "t0" where not (exists (select 1 from "dbo"."orders" "t1" where "t1"."customer_id" = "t0"."id" and not ((not ("t1"."status" = cast(@p1 collate bbf_unicode_cp1_ci_as as varchar(8000)) and "t1"."status" = @p1))))) order by "t0"."id"
   with 1: customers.args.where.orders._every.status._neq
