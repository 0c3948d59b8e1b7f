import type { BoolExp, Metadata } from '../../src/catalog/index.ts';
import { Roles, sessionOf } from '../support/cases/roles.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines, type Engine } from '../support/engines.ts';
import { type KeyDatabases, openDatabases } from './remote-keys.ts';

/**
 * Conditions, rules, orders and groups use the value that a field returns: for booleans stored as other numbers or words, columns
 * without a declared type, and native types of PostgreSQL.
 */

const natives = `create table held (id int primary key, ip inet, net cidr, mac macaddr, price money, span int4range, parts numrange,
    flags varbit(8), words tsvector, spot point, hosts inet[]);
  insert into held values
    (1, '198.24.10.0', '10.0.0.0/8', '08:00:2b:01:02:03', '1.00', '[1,5)', '[1.0,2.0)', b'0101', 'a b', '(1,2)', '{198.24.10.0,::1}'),
    (2, '198.24.10.9', '10.0.0.0/16', '08:00:2b:01:02:04', '10.00', '[2,3)', '[1.5,2)', b'101', 'b', '(1,3)', '{::1}'),
    (3, '198.24.10.0/24', '::/0', '08:00:2b:01:02:03', '2.00', 'empty', '[1,2)', b'1', 'c', '(0,0)', '{}'),
    (4, null, null, null, null, null, null, null, null, null, null), (5, '::1', '9.0.0.0/8', 'ff:ff:ff:ff:ff:ff', '-1.00', '[10,20)', '(,)', b'', '', '(5,5)', null);
  create table hosts (ip inet primary key, name text); insert into hosts values ('198.24.10.0', 'one'), ('::1', 'two');`;
const numbers = `create table held (id int primary key, flag tinyint(1));
  insert into held values (1, 0), (2, 1), (3, 2), (4, -1), (5, null), (6, 127), (7, 0); create index held_flag on held (flag);`;
const loose = `create table held (id int primary key, flag boolean, anything, odd mystery);
  insert into held values (1, 0, 101, 1), (2, 1, '101', '1'), (3, 2, 1.0, 1.0), (4, -1, '1.0', '1.0'), (5, null, null, null),
    (6, 'yes', x'6162', 'YWI='), (7, 'no', 'YWI=', 1e20), (8, 0.5, 9007199254740993, '9007199254740993'), (9, 'true', 'abc', 0);
  create index held_flag on held (flag); create index held_anything on held (anything);`;

const scripts: Readonly<Record<Engine, string>> = {
  postgres: natives,
  kingbase: natives,
  pglite: natives,
  mysql: numbers,
  mariadb: numbers,
  mssql: numbers.replace('tinyint(1)', 'smallint').replaceAll('bool', 'bit'),
  sqlite: loose,
};
const postgresColumns = ['ip', 'net', 'mac', 'price', 'span', 'flags', 'words'];
const columnsOf: Readonly<Record<Engine, readonly string[]>> = {
  postgres: postgresColumns,
  kingbase: postgresColumns,
  pglite: postgresColumns,
  mysql: ['flag'],
  mariadb: ['flag'],
  mssql: ['flag'],
  sqlite: ['flag', 'anything', 'odd'],
};

interface Row {
  readonly id: number;
  readonly [column: string]: unknown;
}

const rule = (role: string, filter: BoolExp) => ({
  role,
  permission: { columns: '*' as const, filter, allow_aggregations: true },
});

describeEngines(['postgres', 'pglite', 'mysql', 'mariadb', 'sqlite'], (engine) => {
  let databases: KeyDatabases;
  let roles: Roles;
  const columns = columnsOf[engine];
  const isNative = engine === 'postgres' || engine === 'pglite';

  const metadata: Metadata = {
    tables: [
      {
        source: engine,
        table: 'held',
        select_permissions: [
          rule('all', {}),
          ...columns.flatMap((column) => [
            rule(`is_${column}`, { [column]: { _eq: 'X-Foz-Value' } }),
            rule(`not_${column}`, { [column]: { _neq: 'X-Foz-Value' } }),
          ]),
        ],
        ...(isNative
          ? {
              insert_permissions: [
                {
                  role: 'all',
                  permission: { columns: '*' as const, check: { ip: { _neq: '198.24.10.0' } } },
                },
              ],
            }
          : {}),
      },
      ...(isNative ? [{ source: engine, table: 'hosts', select_permissions: [rule('all', {})] }] : []),
    ],
  };

  beforeAll(async () => {
    databases = await openDatabases(new Map([[engine, scripts[engine]]]));
    roles = await Roles.open(databases.connectors, metadata);
  }, 120_000);
  afterAll(() => databases?.close());

  const reply = async (query: string, session = 'all', variables = {}) =>
    JSON.parse(
      await ask(roles.engine(sessionOf(session)), {
        query,
        variables,
        session: sessionOf(session).variables,
      }),
    ) as {
      data: Record<string, unknown> | null;
      errors?: readonly { readonly extensions: Readonly<Record<string, unknown>> }[];
    };
  const rowsOf = async (query: string, session = 'all'): Promise<readonly Row[]> => {
    const { data, errors } = await reply(query, session);
    if (errors !== undefined) throw new Error(`${query}: ${JSON.stringify(errors)}`);
    return data!.held as Row[];
  };
  const ids = async (where: string, session = 'all') =>
    (await rowsOf(`{ held(where: ${where}, order_by: {id: asc}) { id } }`, session)).map(({ id }) => id);

  test.each(columns)('%s: conditions and rules find the rows that show the value', async (column) => {
    const rows = await rowsOf(`{ held(order_by: {id: asc}) { id ${column} } }`);
    const passing = (passes: (value: unknown) => boolean) =>
      rows.filter((row) => passes(row[column])).map(({ id }) => id);
    const values = [...new Set(rows.map((row) => row[column]).filter((value) => value !== null))];
    expect(values.length).toBeGreaterThan(1);
    for (const value of values) {
      const given = JSON.stringify(value);
      const about = `${column} ${given}`;
      const same = passing((other) => other === value);
      const others = passing((other) => other !== null && other !== value);
      expect([about, await ids(`{${column}: {_eq: ${given}}}`)]).toEqual([about, same]);
      expect([about, await ids(`{${column}: {_neq: ${given}}}`)]).toEqual([about, others]);
      expect([about, await ids(`{_not: {${column}: {_eq: ${given}}}}`)]).toEqual([about, others]);
      expect([about, await ids(`{${column}: {_in: [${given}]}}`)]).toEqual([about, same]);
      expect([about, await ids(`{${column}: {_nin: [${given}]}}`)]).toEqual([about, others]);
      expect([about, await ids(`{${column}: {_is_distinct_from: ${given}}}`)]).toEqual([
        about,
        passing((other) => other !== value),
      ]);
      const session = String(value);
      if (session === '' || session.includes(' ')) continue;
      expect([about, await ids('{}', `is_${column} value=${session}`)]).toEqual([about, same]);
      expect([about, await ids('{}', `not_${column} value=${session}`)]).toEqual([about, others]);
    }
  });

  if (!isNative)
    test('flag: orders, groups and distinct rows go by what is shown', async () => {
      const rows = await rowsOf('{ held(order_by: {id: asc}) { id flag } }');
      const place = (value: unknown) => (value === null ? 2 : value === true ? 1 : 0);
      const ordered = [...rows].sort((a, b) => place(a.flag) - place(b.flag) || b.id - a.id);
      expect(await rowsOf('{ held(order_by: [{flag: asc}, {id: desc}]) { id flag } }')).toEqual(ordered);
      const firsts = await rowsOf(
        '{ held(distinct_on: flag, order_by: [{flag: asc}, {id: desc}]) { id flag } }',
      );
      expect(firsts).toEqual([0, 1, 2].map((at) => ordered.find(({ flag }) => place(flag) === at)));
      const { data } = await reply(`{ held_aggregate {
        aggregate { count(columns: [flag], distinct: true) }
        group_by(keys: [{column: flag}], order_by: [{group_key: {flag: asc}}]) { group_key { flag } aggregate { count } }
      } }`);
      const count = (at: number) => rows.filter(({ flag }) => place(flag) === at).length;
      expect(data).toEqual({
        held_aggregate: {
          aggregate: { count: 2 },
          group_by: [false, true, null].map((flag, at) => ({
            group_key: { flag },
            aggregate: { count: count(at) },
          })),
        },
      });
      expect(await ids('{flag: {_gte: true}}')).toEqual(
        rows.filter(({ flag }) => flag === true).map(({ id }) => id),
      );
      expect(await ids('{flag: {_between: [false, false]}}')).toEqual(
        rows.filter(({ flag }) => flag === false).map(({ id }) => id),
      );
    });

  if (isNative) {
    test.each([
      ['{ip: {_gt: "198.24.10.0"}}', [2, 5]],
      ['{ip: {_between: ["198.24.10.0", "198.24.10.9"]}}', [1, 2]],
      ['{mac: {_eq: "08-00-2b-01-02-03"}}', [1, 3]],
      ['{price: {_gt: "$1.50"}}', [2, 3]],
      ['{price: {_eq: "1"}}', [1]],
      ['{span: {_eq: "[1,4]"}}', [1]],
      // The server treats ranges of decimals as equal whatever trailing zeros they have.
      ['{parts: {_eq: "[1,2)"}}', [1, 3]],
      ['{net: {_lt: "10.0.0.0/8"}}', [5]],
      ['{hosts: {_eq: ["198.24.10.0/32", "::1"]}}', [1]],
      ['{hosts: {_contains: ["0:0:0:0:0:0:0:1"]}}', [1, 2]],
    ])('%s', async (where, expected) => {
      expect(await ids(where)).toEqual(expected);
    });

    test('the server orders its own types', async () => {
      expect(await rowsOf('{ held(order_by: [{price: asc}, {id: asc}]) { id price } }')).toMatchObject([
        { id: 5 },
        { id: 1 },
        { id: 3 },
        { id: 2 },
        { id: 4 },
      ]);
      expect(await rowsOf('{ held(distinct_on: mac, order_by: [{mac: asc}, {id: asc}]) { id } }')).toEqual(
        [1, 2, 5, 4].map((id) => ({ id })),
      );
    });

    test('a key of a native type', async () => {
      expect(await reply('{ hosts_by_pk(ip: "198.24.10.0") { name ip } }')).toEqual({
        data: { hosts_by_pk: { name: 'one', ip: '198.24.10.0' } },
      });
      expect(await reply('{ hosts_by_pk(ip: "0:0::1") { name } }')).toEqual({
        data: { hosts_by_pk: { name: 'two' } },
      });
    });

    test('a check holds in the native type', async () => {
      const insert = (ip: string) =>
        reply(`mutation { insert_held(objects: [{id: 9, ip: "${ip}"}]) { affected_rows } }`);
      expect((await insert('198.24.10.0/32')).errors?.[0]?.extensions.code).toBe('permission-error');
      expect((await rowsOf('{ held(where: {id: {_eq: 9}}) { id } }')).length).toBe(0);
    });

    test('what is no value of the type is refused with its place', async () => {
      const { errors } = await reply('{ held(where: {ip: {_eq: "198.24.10"}}) { id } }');
      expect(errors?.[0]?.extensions).toMatchObject({
        code: 'data-exception',
        path: '$.selectionSet.held.args.where.ip._eq',
      });
    });

    test('a type without equality has no operator but _is_null', async () => {
      expect(await ids('{spot: {_is_null: true}}')).toEqual([4]);
      const { data } = await reply(
        '{ __type(name: "held_bool_exp") { inputFields { name type { name inputFields { name } } } } }',
      );
      const { inputFields } = (data as { __type: { inputFields: { name: string; type: unknown }[] } }).__type;
      expect(inputFields.find(({ name }) => name === 'spot')?.type).toMatchObject({
        inputFields: [{ name: '_is_null' }],
      });
      const distinct = await reply('{ held(distinct_on: spot) { id } }');
      expect(distinct.errors?.[0]?.extensions.code).toBe('validation-failed');
    });
  }
});
