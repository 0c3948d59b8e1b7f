1. customers_by_pk [shop]
   select "t0"."id" as "c0", iif(instr("t0"."nickname", char(0)), cast("t0"."nickname" as blob), "t0"."nickname") as "c1" from "customers" "t0" where "t0"."id" = ?
   with 1: $id
