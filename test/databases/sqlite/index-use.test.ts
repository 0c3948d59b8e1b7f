import type { RunContext, Statement } from '../../../src/plan/index.ts';
import { type KeyDatabases, openDatabases } from '../../conformance/remote-keys.ts';
import { attachment, roleEngine, sourceName } from '../../support/cases/instance.ts';
import { ask } from '../../support/cases/run.ts';

/**
 * Conditions and orders use the index of their column where all stored values have one form. Where they have several forms, conditions still
 * do. The test reads SQLite's plan of each statement.
 */

const columns = 'id integer primary key, day date, clock time, moment datetime, code uuid';
const rows = (table: string) => `create table ${table} (${columns});
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
  insert into ${table} select i, date('2000-01-01', '+' || i || ' days'), time('00:00:00', '+' || i || ' seconds'),
    datetime('2000-01-01', '+' || i || ' hours'), printf('a%07x-0000-4000-8000-%012x', i, i) from n;
  ${['day', 'clock', 'moment', 'code'].map((column) => `create index ${table}_${column} on ${table} (${column});`).join(' ')}`;
const script = `${rows('usual')} ${rows('odd')}
  insert into odd values (2001, '2000-01-02 10:00', '00:00:01.000', 946814400, x'a0000001000040008000000000000001'),
    (2002, 946771200, '00:00', '2000-01-02T12:00:00Z', 'a0000001000040008000000000000001');
  analyze;`;

const conditions = [
  ['day', '{_eq: "2000-01-02"}', [1], [1, 2001, 2002]],
  ['day', '{_lt: "2000-01-03"}', [1], [1, 2001, 2002]],
  ['clock', '{_eq: "00:00:01"}', [1], [1, 2001]],
  ['clock', '{_lt: "00:00:02"}', [1], [1, 2001, 2002]],
  ['moment', '{_eq: "2000-01-02T12:00:00"}', [36], [36, 2001, 2002]],
  ['moment', '{_between: ["2000-01-02T12:00:00", "2000-01-02T12:30:00"]}', [36], [36, 2001, 2002]],
  ['code', '{_eq: "a0000001-0000-4000-8000-000000000001"}', [1], [1, 2001, 2002]],
  ['code', '{_in: ["a0000001-0000-4000-8000-000000000001"]}', [1], [1, 2001, 2002]],
] as const;

describe('the index of a column', () => {
  let databases: KeyDatabases;
  let graph: Awaited<ReturnType<typeof roleEngine>>;
  const sent: { statement: Statement; values: readonly unknown[]; context: RunContext }[] = [];

  beforeAll(async () => {
    databases = await openDatabases(new Map([['sqlite', script]]));
    const connector = databases.connectors.get(sourceName('sqlite'))!;
    const noting = Object.assign(Object.create(connector) as typeof connector, {
      run: (statement: Statement, values: readonly unknown[], context: RunContext) => {
        sent.push({ statement, values, context });
        return connector.run(statement, values, context);
      },
      pool: () => connector.pool(),
    });
    const given = attachment({ metadata: { tables: [] } });
    graph = await roleEngine(new Map([[sourceName('sqlite'), noting]]), given);
  });
  afterAll(() => databases?.close());

  /** Ids that an operation finds, and SQLite's plan of its statement. */
  async function planned(query: string): Promise<{ readonly ids: readonly number[]; readonly plan: string }> {
    sent.length = 0;
    const { data, errors } = JSON.parse(await ask(graph, { query, variables: {} })) as {
      data: { it: { id: number }[] };
      errors?: unknown;
    };
    if (errors !== undefined) throw new Error(`${query}: ${JSON.stringify(errors)}`);
    expect(sent).toHaveLength(1);
    const { statement, values, context } = sent[0]!;
    const connector = databases.connectors.get(sourceName('sqlite'))!;
    const text = `explain query plan ${statement.text}`;
    const explained = await connector.run({ text, slots: statement.slots }, values, context);
    return { ids: data.it.map(({ id }) => id), plan: explained.rows.map((row) => row[3]).join('\n') };
  }

  test.each(conditions)('%s %s', async (column, where, usual, odd) => {
    for (const [table, expected] of [
      ['usual', usual],
      ['odd', odd],
    ] as const) {
      const { ids, plan } = await planned(`{ it: ${table}(where: {${column}: ${where}}) { id } }`);
      expect([...ids].sort((a, b) => a - b)).toEqual(expected);
      expect(plan).toMatch(new RegExp(`SEARCH \\S+ USING (?:COVERING )?INDEX ${table}_${column} `));
      expect(plan).not.toMatch(/SCAN t\d+(?! USING)/);
    }
  });

  test.each(['day', 'clock', 'moment', 'code'])('order by %s', async (column) => {
    const { plan } = await planned(`{ it: usual(order_by: {${column}: asc}, limit: 5) { id } }`);
    expect(plan).toMatch(new RegExp(`SCAN \\S+ USING (?:COVERING )?INDEX usual_${column}`));
    expect(plan).not.toContain('ORDER BY');
  });
});
