1. categories_aggregate [shop]
   select foz_stddev_samp(cast("t0"."position" as real)) as "c0", foz_stddev_samp(cast("t0"."position" as real)) as "c1", foz_var_samp(cast("t0"."position" as real)) as "c2", foz_var_samp(cast("t0"."position" as real)) as "c3" from "categories" "t0" where "t0"."id" in (select value from json_each(?))
   with 1: categories_aggregate.args.where.id._in
