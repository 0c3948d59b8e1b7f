1. orders [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(case typeof("t0"."id") when 'integer' then "t0"."id" when 'null' then 'null' else foz_json_integer("t0"."id") end, 'null'), ',"seller":', ifnull(case when "t1"."id" is not null then concat('{"name":', ifnull(json_quote(cast("t1"."name" as text)), 'null'), '}') end, 'null'), '}') as "j" from "orders" "t0" left join "employees" "t1" on "t1"."id" = "t0"."seller_id" where "t0"."id" <= ? order by "t1"."name" nulls last, "t0"."id")) as "c0"
   with 1: orders.args.where.id._lte
