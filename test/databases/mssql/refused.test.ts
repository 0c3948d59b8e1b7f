import { refusedBy } from './refused.ts';

const taken = [
  'select t0."id" as "c0" from "dbo"."t" t0 order by t0."id" offset 0 rows fetch next 10 rows only',
  'select count_big(*) as "c0" from "t" t0 where t0."a" = cast(@p1 as int)',
  `select sum(m."x") as "c0" from "t" t0 cross apply (select case when exists (select 1 from "u" t1) then t0."x" end as "x") m`,
  'select t."c0" from (select t0."id" as "c0", row_number() over (partition by t1."i" order by (select null)) as "n" from "t" t0) "t" where t."n" <= 3 order by t."n"',
  `select case when t0."a" = 1 then 'yes' end as "c0" from "t" t0`,
  'select t0."a" as "c0" from "t" t0 where exists (select t0."a" intersect select @p1)',
  'select distinct t0."a" as "c0" from "t" t0 order by t0."a" offset 0 rows fetch next 5 rows only',
];

const refused: readonly (readonly [error: string, statement: string])[] = [
  ['1033', 'select a.x from (select t0."x" as x from "t" t0 order by t0."x") "a"'],
  ['102', 'select t0."a" from "t" t0 offset 0 rows'],
  ['10744', 'select t0."a" from "t" t0 order by t0."a" offset 0 rows fetch next 0 rows only'],
  ['169', 'select t0."a" from "t" t0 order by t0."a", t0."a" desc'],
  ['145', 'select distinct t0."a" from "t" t0 order by t0."b"'],
  ['130', 'select sum((select 1 as "x")) as "c0" from "t" t0'],
  ['144', 'select 1 from "t" t0 group by (select 1)'],
  ['8155', 'select a.x from (select t0."x" + 1 from "t" t0) "a"'],
  ['8156', 'select a.x from (select t0."x" as "X", t0."y" as "x" from "t" t0) "a"'],
  ['102', 'select t0."a" = 1 as "c0" from "t" t0'],
  ['102', 'select t0."a" from "t" t0 where (t0."a", t0."b") in (select 1, 2)'],
  ['4112', 'select row_number() over (partition by t0."a") as "n" from "t" t0'],
  ['102', 'select t0."a"::text from "t" t0'],
  ['102', 'select t0."a" from "t" t0 limit 1'],
  ['102', 'select count(distinct t0."a", t0."b") from "t" t0'],
  ['8003', 'select @p2099'],
  ['10738', `insert into "t" ("a") values ${Array(1001).fill('(1)').join(', ')}`],
];

describe('the checker of statements', () => {
  test.each(taken)('takes %s', (statement) => expect(refusedBy(statement)).toEqual([]));
  test.each(refused)('finds error %s', (error, statement) => {
    expect(refusedBy(statement).map((reason) => reason.split(/[: ]/)[0])).toContain(error);
  });
});
