1. group [shop]
   select textin(int4out("t0"."key")) as "c0" from "public"."group" "t0" order by "t0"."key"
   1. array for all rows at once, by key [shop]
      select "t1"."i" as "c0", case "t0"."1st"::text when $1::text then '_1st' when $2::text then 'two_words' when $3::text then 'unicode' else "t0"."1st"::text end as "c1" from (select "k0", "i" - 1 as "i" from unnest($4::int4[]) with ordinality as foz_keys("k0", "i")) "t1" join "public"."odd ""table"" [of] `names`?" "t0" on "t0"."GROUP" = "t1"."k0" order by "t0"."id"
      with 1: constant, 2: constant, 3: constant, 4: keys of the rows above
