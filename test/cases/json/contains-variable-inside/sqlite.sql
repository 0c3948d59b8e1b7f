1. products [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(case typeof("t0"."id") when 'integer' then "t0"."id" when 'null' then 'null' else foz_json_integer("t0"."id") end, 'null'), '}') as "j" from "products" "t0" where foz_doc_contains(iif(typeof("t0"."attributes") = 'blob', iif(json_valid("t0"."attributes", 8), json("t0"."attributes"), foz_document("t0"."attributes")), "t0"."attributes"), ?) order by "t0"."id")) as "c0"
   with 1: products.args.where.attributes._contains
