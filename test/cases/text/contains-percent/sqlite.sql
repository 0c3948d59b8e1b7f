1. texts [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(case typeof("t0"."id") when 'integer' then "t0"."id" when 'null' then 'null' else foz_json_integer("t0"."id") end, 'null'), ',"kind":', ifnull(json_quote(cast("t0"."kind" as text)), 'null'), ',"value":', ifnull(json_quote(cast("t0"."value" as text)), 'null'), '}') as "j" from "texts" "t0" where instr("t0"."value", ?) > 0 order by "t0"."id")) as "c0"
   with 1: texts.args.where.value._contains
