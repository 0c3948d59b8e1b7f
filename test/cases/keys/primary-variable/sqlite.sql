1. customers_by_pk [shop]
   select "t0"."id" as "c0", "t0"."nickname" as "c1" from "customers" "t0" where "t0"."id" = ?
   with 1: $id
