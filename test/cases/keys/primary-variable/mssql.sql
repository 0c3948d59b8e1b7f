1. customers_by_pk [shop]
   select "t0"."id" as "c0", "t0"."nickname" as "c1" from "dbo"."customers" "t0" where ("t0"."id" = cast(@p1 as int))
   with 1: $id
