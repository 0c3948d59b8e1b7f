1. categories_aggregate [shop]
   select textin(float8out(stddev("t0"."position"::float8))) as "c0", textin(float8out(stddev_samp("t0"."position"::float8))) as "c1", textin(float8out(var_samp("t0"."position"::float8))) as "c2", textin(float8out(variance("t0"."position"::float8))) as "c3" from "public"."categories" "t0" where "t0"."id" = any($1::int4[])
   with 1: categories_aggregate.args.where.id._in
