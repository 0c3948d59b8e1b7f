import type { BoolExp, Metadata } from '../../../src/catalog/index.ts';
import { Dice } from '../../conformance/dice.ts';
import { type KeyDatabases, openDatabases } from '../../conformance/remote-keys.ts';
import { Roles, sessionOf } from '../../support/cases/roles.ts';
import { ask } from '../../support/cases/run.ts';

/**
 * SQLite stores dates, times, moments and UUIDs in any form. Whatever a column holds, conditions, rules, orders, groups, aggregates,
 * cursors and relationships go by the value that its field shows.
 */

const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 1e9));
const quoted = (texts: readonly string[]) => texts.map((text) => `'${text}'`);

interface Kind {
  readonly type: string;
  readonly values: readonly string[];
  /** Texts that a client may send. */
  readonly sent: RegExp;
}

const moments = [
  ...quoted([
    '2024-01-05 09:05:00',
    '2024-01-05T09:05:00',
    '2024-01-05 09:05:00.500',
    '2024-01-05 09:05:00.5',
  ]),
  ...quoted([
    '2024-01-05 09:05:00.500000',
    '2024-01-05T09:05:00.500Z',
    '2024-01-05T09:05:00Z',
    '2024-01-05T09:05:00.000Z',
  ]),
  ...quoted([
    '2024-01-05 09:05:00.000 +00:00',
    '2024-01-05 09:05',
    '2024-01-05',
    '2024-01-05T00:30:00+02:00',
    '2024-01-04 23:59:59.999999',
  ]),
  ...quoted([
    '9999-12-31 23:59:59',
    '9999-12-31T23:59:59-05:00',
    '2024-01-05T00:00:00+99:00',
    'soon',
    '',
    '2024-1-5 9:05',
  ]),
  ...[
    '1704445500',
    '1704445500000',
    '1704445500.5',
    '0',
    '2460314.5',
    '-1',
    "x'323032342d30312d3035'",
    '99999999999',
    '100000000000',
  ],
];
const uuids = quoted([
  '0b000000-0000-4000-8000-00000000000a',
  '0B000000-0000-4000-8000-00000000000A',
  '0b00000000004000800000000000000a',
  '0B00000000004000800000000000000B',
  '0b000000-0000-4000-8000-00000000000B',
  'ffffffff-ffff-4fff-8fff-ffffffffffff',
  'soon',
]);
const kinds: Readonly<Record<string, Kind>> = {
  day: {
    type: 'date',
    values: [
      ...quoted([
        '2024-01-05',
        '2024-01-05 00:00:00',
        '2024-01-05T23:30:00-02:00',
        '2024-01-06',
        '2024-01-04',
        '2024-1-5',
      ]),
      ...quoted(['2024-01-06T00:30+01:00', 'soon', '', '9999-12-31', '0001-01-01', '2024-10-01']),
      ...['1704412800', '1704412800000', '2460314.5', "x'323032342d30312d3035'", '20240105'],
    ],
    sent: /^\d{4}-\d\d-\d\d$/,
  },
  clock: {
    type: 'time',
    values: [
      ...quoted([
        '09:05',
        '09:05:00',
        '09:05:00.500',
        '09:05:00.5',
        '09:05:00.000',
        '9:05',
        '09:04:59',
        '23:59:59.999999',
      ]),
      ...quoted(['09:05:00.500000', '09:05:00.000000', '', '09:06']),
      ...['905', "x'30393a3035'"],
    ],
    sent: /^\d\d:\d\d:\d\d(?:\.\d+)?$/,
  },
  moment: { type: 'datetime', values: moments, sent: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?$/ },
  instant: {
    type: 'timestamptz',
    values: moments,
    sent: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00$/,
  },
  code: {
    type: 'uuid',
    values: [
      ...uuids,
      "x'0b00000000004000800000000000000a'",
      "x'0b00000000004000800000000000000b'",
      "x'6162'",
    ],
    sent: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  },
};
const columns = Object.keys(kinds);

/** Tables with all values, with one of each form that programs write, and with some values by chance. */
function tables(dice: Dice): ReadonlyMap<string, readonly (readonly string[])[]> {
  const rows = (of: (kind: Kind, name: string) => readonly string[]) => {
    const values = columns.map((name) => of(kinds[name]!, name));
    const most = Math.max(...values.map(({ length }) => length));
    return Array.from({ length: most + 1 }, (_, row) => values.map((list) => list[row] ?? 'null'));
  };
  const made = new Map([['held', rows(({ values }) => values)]]);
  for (let table = 0; table < 6; table++)
    made.set(
      `some${table}`,
      rows(({ values }) => [...dice.some(values, 1, 4), dice.pick(values)]),
    );
  return made;
}

const made = tables(new Dice(seed));
const names = [...made.keys()];
const script = [...made]
  .map(([name, rows]) => {
    const declared = columns.map((column) => `${column} ${kinds[column]!.type}`).join(', ');
    const indexes = columns
      .map((column) => `create index ${name}_${column} on ${name} (${column});`)
      .join(' ');
    const values = rows.map((row, at) => `(${[at + 1, ...row].join(', ')})`).join(', ');
    return `create table ${name} (id integer primary key, ${declared}); insert into ${name} values ${values}; ${indexes}
      create view ${name}_seen as select id, ${columns.join(', ')} from ${name};`;
  })
  .join('\n');

const rule = (role: string, filter: BoolExp) => ({
  role,
  permission: { columns: '*' as const, filter, allow_aggregations: true },
});
const related = (name: string, table: string, column: string) => ({
  name,
  using: { manual_configuration: { remote_table: table, column_mapping: { [column]: column } } },
});
const tableMetadata = (table: string) => ({
  source: 'sqlite',
  table,
  primary_key: ['id'],
  array_relationships: columns.map((column) => related(`same_${column}`, 'held', column)),
  select_permissions: [
    rule('all', {}),
    ...columns.flatMap((column) => [
      rule(`is_${column}`, { [column]: { _eq: 'X-Foz-Value' } }),
      rule(`after_${column}`, { [column]: { _gt: 'X-Foz-Value' } }),
    ]),
  ],
});
const metadata: Metadata = {
  tables: names.flatMap((name) => [
    tableMetadata(name),
    ...(name === 'held' ? [tableMetadata('held_seen')] : []),
  ]),
} as unknown as Metadata;

interface Row {
  readonly id: number;
  readonly [column: string]: unknown;
}
const byText = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);

describe(`stored forms, seed ${seed}`, () => {
  let databases: KeyDatabases;
  let roles: Roles;
  beforeAll(async () => {
    databases = await openDatabases(new Map([['sqlite', script]]));
    roles = await Roles.open(databases.connectors, metadata);
  });
  afterAll(() => databases?.close());

  const answer = async (query: string, session = 'all') => {
    const given = sessionOf(session);
    const text = await ask(roles.engine(given), { query, variables: {}, session: given.variables });
    const { data, errors } = JSON.parse(text) as { data: Record<string, unknown>; errors?: unknown };
    if (errors !== undefined) throw new Error(`${query}: ${JSON.stringify(errors)}`);
    return data;
  };
  const rowsOf = async (query: string, session = 'all') =>
    (await answer(`{ it: ${query} }`, session)).it as Row[];

  describe.each([...names, 'held_seen'])('%s', (table) => {
    const all = (column: string) => rowsOf(`${table}(order_by: {id: asc}) { id ${column} }`);
    const ids = async (where: string, session = 'all') =>
      (await rowsOf(`${table}(where: ${where}, order_by: {id: asc}) { id }`, session)).map(({ id }) => id);

    test.each(columns)('%s: conditions and rules', async (column) => {
      const rows = await all(column);
      const passing = (passes: (shown: string) => boolean) =>
        rows.filter((row) => row[column] !== null && passes(row[column] as string)).map(({ id }) => id);
      const shown = rows.map((row) => row[column] as string);
      const sent = [...new Set(shown.filter((text) => kinds[column]!.sent.test(text)))];
      const cases = sent.flatMap((value) => {
        const given = JSON.stringify(value);
        const is = passing((other) => other === value);
        const isNot = passing((other) => other !== value);
        return [
          [`_eq: ${given}`, is],
          [`_neq: ${given}`, isNot],
          [`_gt: ${given}`, passing((other) => other > value)],
          [`_gte: ${given}`, passing((other) => other >= value)],
          [`_lt: ${given}`, passing((other) => other < value)],
          [`_lte: ${given}`, passing((other) => other <= value)],
          [`_is_distinct_from: ${given}`, rows.filter((row) => row[column] !== value).map(({ id }) => id)],
          [`_in: [${given}]`, is],
          [`_nin: [${given}]`, isNot],
          [`_between: [${given}, ${given}]`, is],
        ] as const;
      });
      const asked = cases.map(
        ([condition], at) =>
          `c${at}: ${table}(where: {${column}: {${condition}}}, order_by: {id: asc}) { id }`,
      );
      const found = asked.length === 0 ? {} : await answer(`{ ${asked.join(' ')} }`);
      expect(
        cases.map(([condition], at) => [condition, (found[`c${at}`] as Row[]).map(({ id }) => id)]),
      ).toEqual(cases);
      for (const value of sent) {
        const ruled = async (role: string) => [
          role,
          value,
          await ids('{}', `${role}_${column} value=${value}`),
        ];
        expect(await ruled('is')).toEqual(['is', value, passing((other) => other === value)]);
        expect(await ruled('after')).toEqual(['after', value, passing((other) => other > value)]);
      }
    });

    test.each(columns)('%s: order, distinct rows, groups, aggregates', async (column) => {
      const rows = await all(column);
      const place = (row: Row) => row[column] as string | null;
      const compare = (a: Row, b: Row) => {
        const [one, other] = [place(a), place(b)];
        if (one === null || other === null)
          return Number(one === null) - Number(other === null) || b.id - a.id;
        return byText(one, other) || b.id - a.id;
      };
      const ordered = [...rows].sort(compare);
      expect(await rowsOf(`${table}(order_by: [{${column}: asc}, {id: desc}]) { id ${column} }`)).toEqual(
        ordered,
      );
      const values = [...new Set(ordered.map(place))];
      expect(
        await rowsOf(
          `${table}(distinct_on: ${column}, order_by: [{${column}: asc}, {id: desc}]) { id ${column} }`,
        ),
      ).toEqual(values.map((value) => ordered.find((row) => place(row) === value)));
      const shown = values.filter((value) => value !== null);
      const data = await answer(`{ it: ${table}_aggregate {
        aggregate { count(columns: [${column}], distinct: true) min { ${column} } max { ${column} } }
        group_by(keys: [{column: ${column}}], order_by: [{group_key: {${column}: asc}}]) { group_key { ${column} } aggregate { count } } } }`).catch(
        () =>
          answer(`{ it: ${table}_aggregate { aggregate { count(columns: [${column}], distinct: true) }
          group_by(keys: [{column: ${column}}], order_by: [{group_key: {${column}: asc}}]) { group_key { ${column} } aggregate { count } } } }`),
      );
      const { aggregate, group_by } = data.it as { aggregate: Record<string, unknown>; group_by: unknown };
      expect(group_by).toEqual(
        values.map((value) => ({
          group_key: { [column]: value },
          aggregate: { count: rows.filter((row) => place(row) === value).length },
        })),
      );
      expect(aggregate.count).toBe(shown.length);
      if (aggregate.min === undefined) return expect(column).toBe('code');
      expect(aggregate).toMatchObject({
        min: { [column]: shown[0] ?? null },
        max: { [column]: shown.at(-1) ?? null },
      });
    });

    test.each(columns)('%s: pages', async (column) => {
      for (const direction of ['asc', 'desc']) {
        const found: number[] = [];
        for (let after: string | null = null; ; ) {
          const page: string = after === null ? '' : `, after: "${after}"`;
          const { it } = await answer(
            `{ it: ${table}_connection(first: 2, order_by: {${column}: ${direction}}${page}) { edges { node { id } } pageInfo { hasNextPage endCursor } } }`,
          );
          const { edges, pageInfo } = it as {
            edges: { node: Row }[];
            pageInfo: { hasNextPage: boolean; endCursor: string };
          };
          found.push(...edges.map(({ node }) => node.id));
          if (!pageInfo.hasNextPage || found.length > 100) break;
          after = pageInfo.endCursor;
        }
        const listed = await rowsOf(`${table}(order_by: [{${column}: ${direction}}, {id: asc}]) { id }`);
        expect([direction, found]).toEqual([direction, listed.map(({ id }) => id)]);
      }
    });

    test.each(columns)('%s: related rows', async (column) => {
      const others = await rowsOf(`held(order_by: {id: asc}) { id ${column} }`);
      const rows = await rowsOf(
        `${table}(order_by: {id: asc}) { id ${column} same_${column}(order_by: {id: asc}) { id } }`,
      );
      for (const row of rows) {
        const same = others.filter((other) => other[column] !== null && other[column] === row[column]);
        expect([row[column], row[`same_${column}`]]).toEqual([row[column], same.map(({ id }) => ({ id }))]);
      }
    });
  });
});
