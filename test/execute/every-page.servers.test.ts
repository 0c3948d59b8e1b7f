import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines, type Engine, engines } from '../support/engines.ts';

/** A connection with one row per page must reach every row, whatever the values of the order column. */

/** A column type and SQL literals of it. */
type Values = readonly (readonly [type: string, ...values: readonly string[]])[];

const postgres: Values = [
  ['date', `'-infinity'`, `'0044-03-15 BC'`, `'2024-02-29'`, `'20240-01-01'`, `'infinity'`],
  ['timestamp', `'-infinity'`, `'0044-03-15 01:02:03.5 BC'`, `'2024-02-29'`, `'20240-01-01'`, `'infinity'`],
  [
    'timestamptz',
    `'-infinity'`,
    `'0044-03-15 01:02:03.5+00 BC'`,
    `'2024-02-29'`,
    `'20240-01-01'`,
    `'infinity'`,
  ],
  ['time', `'00:00'`, `'23:59:59.999999'`, `'24:00:00'`],
  ['timetz', `'00:00+05:30:15'`, `'12:00-11'`, `'24:00:00+00'`],
  ['interval', `'-1 mons'`, `'0'`, `'400 days -3:00'`],
  ['float8', `'-Infinity'`, `-1.5`, `'-0'`, `1e-320`, `1.7e308`, `'Infinity'`, `'NaN'`],
  ['float4', `'-Infinity'`, `0.1`, `'Infinity'`, `'NaN'`],
  ['numeric', `-12345678901234567890.123`, `0.0000001`, `'NaN'`],
  ['bigint', `-9223372036854775808`, `9007199254740993`, `9007199254740992`],
  ['text', `''`, `' '`, `'a'`, `'A'`, `'ä'`, `'😀'`, `E'\\x01'`, `'"\\,[]'`, `repeat('x', 20000)`],
  ['boolean', 'true', 'false'],
];
const mysql: Values = [
  ['date', `'0000-00-00'`, `'2024-00-00'`, `'2024-02-00'`, `'2024-02-29'`, `'9999-12-31'`],
  ['datetime(3)', `'0000-00-00 00:00:00'`, `'2024-00-00 01:02:03.5'`, `'2024-02-29 01:02:03'`],
  ['timestamp', `'0000-00-00 00:00:00'`, `'2024-02-29 01:02:03'`],
  ['time(3)', `'-838:59:59'`, `'-00:00:01'`, `'00:00:00'`, `'24:00:00'`, `'100:00:00.5'`, `'838:59:59'`],
  ['double', '-1.7e308', '-0e0', '1e-300', '0.1'],
  ['float', '-0.1', '0.1', '16777216'],
  ['bigint unsigned', '0', '9007199254740992', '9007199254740993', '18446744073709551615'],
  ['varchar(200)', `''`, `'a'`, `'ä'`, `'😀'`, `concat('a', char(0), 'b')`, `'a\\\\b'`, `'"[]'`],
];
const sqlite: Values = [
  [
    'text',
    `''`,
    `'a'`,
    `'a' || char(0)`,
    `'a' || char(0) || 'b'`,
    `char(0)`,
    `'a' || char(1)`,
    `'😀'`,
    `printf('%.20000c', 'x')`,
  ],
  ['varchar(20)', `'b' || char(0) || 'c'`, `'b'`],
  ['double', '-9e999', '-0.0', '0.5', '9e999'],
  ['bigint', '-9223372036854775808', '9007199254740993', '9007199254740992'],
  ['date', `'0000-01-01'`, `'2024-02-29'`],
  ['timestamp', `'0000-01-01 00:00:00'`, `'2024-02-29 01:02:03.5'`],
  ['time', `'00:00:00'`, `'23:59:59.5'`],
  ['boolean', '1', '0', '2'],
];
const mssql: Values = [
  [
    'nvarchar(max)',
    `N''`,
    `N'a'`,
    `N'ä'`,
    `N'😀'`,
    `N'a\\b'`,
    `N'"[]'`,
    `replicate(cast(N'x' as nvarchar(max)), 20000)`,
  ],
  ['varchar(20)', `'b'`, `'a'`, `''`],
  ['float', '-0.5', '0.5', '0', '1e300', '5e-324'],
  ['real', '0.1', '3.4e38', '16777217'],
  ['bigint', '-9223372036854775808', '9007199254740993', '9007199254740992', '9223372036854775807'],
  ['decimal(38, 10)', '0.0000000001', '-0.0000000001', '9007199254740993.0000000001', '1.5'],
  ['money', '922337203685477.5807', '922337203685477.5806'],
  ['date', `'0001-01-01'`, `'9999-12-31'`, `'2024-02-29'`],
  ['datetime2(7)', `'0001-01-01'`, `'9999-12-31 23:59:59.999999'`, `'2024-02-29 01:02:03.5'`],
  [
    'datetimeoffset(6)',
    `'2024-02-29 01:02:03.5 +02:00'`,
    `'2024-02-28 23:02:03.5 +00:00'`,
    `'0001-01-02 00:00:00 +00:00'`,
  ],
  ['time(6)', `'00:00:00'`, `'23:59:59.999999'`],
  ['bit', '1', '0'],
];
const values: Readonly<Record<Engine, Values>> = {
  mssql,
  postgres,
  kingbase: postgres,
  pglite: postgres,
  mysql,
  mariadb: mysql,
  sqlite,
};

interface Answer {
  readonly data: { readonly it: unknown };
  readonly errors?: readonly { readonly message: string }[];
}

interface Page {
  readonly nodes: readonly { readonly id: number }[];
  readonly page: {
    readonly start: string;
    readonly end: string;
    readonly next: boolean;
    readonly previous: boolean;
  };
}

describeEngines(engines, (engine) => {
  const list = values[engine];
  let shop: Behind;
  let foz: Front;
  let graphs: Graphs;
  const asked = async (query: string, variables = {}): Promise<Answer> =>
    JSON.parse(await ask(graphs.engine(), { query, variables }));
  beforeAll(async () => {
    const lax = engine === 'mysql' || engine === 'mariadb' ? [`set sql_mode = ''`] : [];
    shop = await behind(engine, [
      ...lax,
      ...list.flatMap(([type, ...all], table) => [
        `create table odd_${table} (id int primary key, v ${type} null)`,
        // Rows with equal values are distinguished by the key.
        ...['null', ...all, all[0]!].map((value, id) => `insert into odd_${table} values (${id}, ${value})`),
      ]),
    ]);
    foz = await front([shop]);
    graphs = new Graphs({ metadata: { tables: [] } }, foz.server.attached.registry);
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  async function walk(table: number, order: string, backward: boolean): Promise<number[]> {
    const seen: number[] = [];
    let cursor: string | null = null;
    const [size, side] = backward ? ['last', 'before'] : ['first', 'after'];
    const field = `odd_${table}_connection(${size}: 1, ${side}: $c, order_by: [{v: ${order}}])`;
    const info = 'pageInfo { start: startCursor end: endCursor next: hasNextPage previous: hasPreviousPage }';
    for (let pages = 0; pages < 30; pages++) {
      const answer = await asked(`query ($c: String) { it: ${field} { nodes { id } page: ${info} } }`, {
        c: cursor,
      });
      if (answer.errors !== undefined) throw new Error(`after ${seen}: ${answer.errors[0]!.message}`);
      const { nodes, page } = answer.data.it as Page;
      seen.push(...nodes.map(({ id }) => id));
      if (!(backward ? page.previous : page.next)) break;
      cursor = backward ? page.start : page.end;
    }
    return seen;
  }

  test.each(list.map(([type], table) => [type, table] as const))('%s', async (_, table) => {
    for (const order of ['asc', 'desc']) {
      const all = await asked(`{ it: odd_${table}(order_by: [{v: ${order}}, {id: asc}]) { id } }`);
      if (all.errors !== undefined) throw new Error(all.errors[0]!.message);
      const ids = (all.data.it as readonly { readonly id: number }[]).map(({ id }) => id);
      expect(ids).toHaveLength(list[table]!.length + 1);
      expect(await walk(table, order, false)).toEqual(ids);
      expect(await walk(table, order, true)).toEqual([...ids].reverse());
    }
  });
});
