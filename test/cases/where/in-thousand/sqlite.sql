1. customers [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(json_quote("t0"."id"), 'null'), '}') as "j" from "customers" "t0" where "t0"."id" in (select value from json_each(?)) order by "t0"."id")) as "c0"
   with 1: $ids
