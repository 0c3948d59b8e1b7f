1. texts [shop]
   select "t0"."id" as "c0", "t0"."kind" as "c1", "t0"."value" as "c2" from "dbo"."texts" "t0" where ("t0"."value" collate Latin1_General_100_BIN2 like @p1) order by "t0"."id"
   with 1: texts.args.where.value._contains
