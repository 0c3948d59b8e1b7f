1. products [shop]
   select (select ifnull('['||group_concat(j, ',')||']', '[]') from (select concat('{"id":', ifnull(json_quote("t0"."id"), 'null'), '}') as "j" from "products" "t0" where foz_doc_contains(iif(typeof("t0"."attributes") = 'blob', json("t0"."attributes"), "t0"."attributes"), ?) order by "t0"."id")) as "c0"
   with 1: products.args.where.attributes._contains
