1. orders [shop]
   select "t0"."id" as "c0", "t1"."name" as "c1", "t1"."id" as "c2" from "dbo"."orders" "t0" left join "dbo"."employees" "t1" on "t1"."id" = "t0"."seller_id" where ("t0"."id" <= cast(@p1 as int)) order by case when "t1"."name" is null then 1 else 0 end, "t1"."name", "t0"."id"
   with 1: orders.args.where.id._lte
