import type { Metadata } from '../../src/catalog/index.ts';
import { parseRoleName } from '../../src/core/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines, type Engine } from '../support/engines.ts';

/** A key is written in another spelling than the one that is stored: another case, other zeros, a year of two digits. */

const role = 'writer';
const all = (table: string, columns: readonly string[]) => ({
  source: 'shop',
  table,
  select_permissions: [{ role, permission: { columns, filter: {} } }],
  insert_permissions: [{ role, permission: { columns, check: { n: { _lt: 100 } } } }],
  update_permissions: [{ role, permission: { columns, filter: {}, check: { n: { _lt: 100 } } } }],
});
const tables = [all('words', ['code', 'n']), all('prices', ['price', 'n'])];
const metadata = (engine: Engine): Metadata => ({
  tables: engine === 'mysql' || engine === 'mariadb' ? [...tables, all('years', ['year', 'n'])] : tables,
});

/** A text type that ignores case. */
const folded: Readonly<Partial<Record<Engine, string>>> = {
  postgres: 'citext',
  sqlite: 'varchar(20) collate nocase',
};

describeEngines(['postgres', 'mysql', 'mariadb', 'sqlite'], (engine) => {
  let shop: Behind;
  let foz: Front;
  let engines: Readonly<Record<'admin' | 'writer', RoleEngine>>;
  const hasYears = engine === 'mysql' || engine === 'mariadb';
  beforeAll(async () => {
    shop = await behind(engine, [
      ...(engine === 'postgres' ? ['create extension if not exists citext'] : []),
      `create table words (code ${folded[engine] ?? 'varchar(20)'} primary key, n integer)`,
      'create table prices (price decimal(10,2) primary key, n integer)',
      ...(hasYears ? ['create table years (year year primary key, n integer)'] : []),
    ]);
    foz = await front([shop]);
    const graphs = new Graphs({ metadata: metadata(engine) }, foz.server.attached.registry);
    expect(graphs.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    engines = {
      admin: graphs.engine(),
      writer: graphs.engine({ role: parseRoleName(role)!, variables: new Map() }),
    };
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  }, 60_000);

  const asked = async (who: 'admin' | 'writer', operation: string) => {
    const { data, errors } = JSON.parse(await ask(engines[who], { query: operation, variables: {} }));
    return errors === undefined ? Object.values(data)[0] : errors[0].extensions.code;
  };
  const both = ['admin', 'writer'] as const;

  test.each(both)('%s: a key is set to another case of itself', async (who) => {
    await shop.run('delete from words', "insert into words values ('fr', 1), ('es', 2)");
    const set = (key: string, to: string) =>
      asked(
        who,
        `mutation { update_words_by_pk(pk_columns: {code: "${key}"}, _set: {code: "${to}", n: 5}) { code n } }`,
      );
    expect(await set('fr', 'FR')).toEqual({ code: 'FR', n: 5 });
    expect(await set('ES', 'ES')).toEqual({ code: 'ES', n: 5 });
    expect(await set('fr', 'Es')).toBe('constraint-violation');
    expect(await set('es', 'it')).toEqual({ code: 'it', n: 5 });
    expect(
      await asked(
        who,
        'mutation { update_words(where: {n: {_eq: 5}}, _inc: {n: 1}) { returning { code n } } }',
      ),
    ).toEqual({
      returning: [
        { code: 'FR', n: 6 },
        { code: 'it', n: 6 },
      ],
    });
  });

  test.each(both)('%s: a decimal key is set to itself with other zeros', async (who) => {
    await shop.run('delete from prices', 'insert into prices values (5, 1), (6, 2)');
    const set = (key: string, to: string) =>
      asked(
        who,
        `mutation { update_prices_by_pk(pk_columns: {price: "${key}"}, _set: {price: "${to}", n: 5}) { price n } }`,
      );
    expect(await set('5', '5.0')).toMatchObject({ price: expect.stringMatching(/^5(\.00)?$/), n: 5 });
    expect(await set('5', '6')).toBe('constraint-violation');
    expect(await set('5', '7.5')).toMatchObject({ n: 5 });
  });

  if (hasYears)
    test.each(both)('%s: a year is the number that is given', async (who) => {
      await shop.run('delete from years', 'insert into years values (2024, 1), (1999, 2), (0, 3)');
      const years = async (where: string) =>
        (
          (await asked(who, `{ years(where: {year: ${where}}, order_by: {year: asc}) { year } }`)) as {
            year: number;
          }[]
        ).map(({ year }) => year);
      expect(await years('{_eq: 24}')).toEqual([]);
      expect(await years('{_eq: 0}')).toEqual([0]);
      expect(await years('{_neq: 24}')).toEqual([0, 1999, 2024]);
      expect(await years('{_in: [24]}')).toEqual([]);
      expect(await years('{_in: [24, 1999, 0]}')).toEqual([0, 1999]);
      expect(await years('{_nin: [24, 99]}')).toEqual([0, 1999, 2024]);
      expect(await years('{_gt: 24}')).toEqual([1999, 2024]);
      expect(await years('{_gt: 1999}')).toEqual([2024]);
      expect(await years('{_gte: 99}')).toEqual([1999, 2024]);
      expect(await years('{_gte: 0}')).toEqual([0, 1999, 2024]);
      expect(await years('{_lte: 99}')).toEqual([0]);
      expect(await years('{_lt: 1}')).toEqual([0]);
      expect(await years('{_lt: 0}')).toEqual([]);
      expect(await years('{_lt: 2024}')).toEqual([0, 1999]);
      expect(await years('{_lt: 3000}')).toEqual([0, 1999, 2024]);
      expect(await years('{_gt: 3000}')).toEqual([]);
      expect(await years('{_between: [1, 99]}')).toEqual([]);
      expect(await years('{_between: [-1, 2155]}')).toEqual([0, 1999, 2024]);
      expect(await asked(who, '{ years_by_pk(year: 24) { n } }')).toBe(null);
      const insert = (rows: string) =>
        asked(who, `mutation { insert_years(objects: [${rows}]) { affected_rows returning { year n } } }`);
      expect(await insert('{year: 26, n: 1}')).toBe('data-exception');
      expect(await insert('{year: 2027, n: 1}, {year: 28, n: 1}')).toBe('data-exception');
      expect(await insert('{year: 2026, n: 1}')).toEqual({
        affected_rows: 1,
        returning: [{ year: 2026, n: 1 }],
      });
      const set = (to: number) =>
        asked(who, `mutation { update_years_by_pk(pk_columns: {year: 2026}, _set: {year: ${to}}) { year } }`);
      expect(await set(31)).toBe('data-exception');
      expect(await set(2031)).toEqual({ year: 2031 });
      const inc = 'mutation { update_years(where: {year: {_eq: 2031}}, _inc: {year: 1}) { affected_rows } }';
      // The check of a role reads the row by its key, which must be known before.
      expect(await asked(who, inc)).toEqual(who === 'admin' ? { affected_rows: 1 } : 'not-supported');
      const last = who === 'admin' ? '2032' : '2031';
      expect(await shop.rows('select year from years order by year')).toMatch(
        new RegExp(`^0+ 1999 2024 ${last}$`),
      );
    });
});
