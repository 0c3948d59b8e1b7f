1. customers [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(case typeof("t0"."id") when 'integer' then "t0"."id" when 'null' then 'null' else foz_json_integer("t0"."id") end, 'null'), ',"birthday":', ifnull(case when "t0"."birthday" glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' then '"'||substr("t0"."birthday",1,10)||'"' else foz_json_date("t0"."birthday") end, 'null'), '}') as "j" from "customers" "t0" where ("t0"."birthday" >= ? and "t0"."birthday" <= ?) order by "t0"."id")) as "c0"
   with 1: $low, 2: $high
