import type { Metadata } from '../../src/catalog/index.ts';
import type { SourceName } from '../../src/core/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import type { Connector, RunContext, Statement } from '../../src/plan/index.ts';
import { attachment, roleEngine } from '../support/cases/instance.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines, type Engine } from '../support/engines.ts';
import { type KeyDatabases, openDatabases } from './remote-keys.ts';

/**
 * Conditions on exact keys of another source, booleans and native types use the index of their column. The test reads the server's
 * plan of each statement, on a table large enough for an index to pay off.
 */

const rows = 5_000;
const digits = (name: string) =>
  `(select 0 as d union all select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6
    union all select 7 union all select 8 union all select 9) ${name}`;
const mysql = `create table held (id int primary key, code varchar(20), plain varchar(20) character set utf8mb4 collate utf8mb4_bin, flag tinyint(1), day date,
    key held_code (code), key held_plain (plain), key held_flag (flag), key held_day (day));
  insert into held select n, concat('k', n), concat('k', n), n % 500 = 0, date_add('2000-01-01', interval n day)
    from (select 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d as n from ${digits('a')}, ${digits('b')}, ${digits('c')}, ${digits('e')}) numbers where n <= ${rows};
  analyze table held;`;
const postgres = `create extension citext; create domain d_ip as inet;
  create table held (id int primary key, code text, folded citext, ip inet, own d_ip, flag boolean, price money, words text[], day date);
  insert into held select n, 'k' || n, 'k' || n, '10.0.0.0'::inet + n, '10.0.0.0'::inet + n, n % 500 = 0, n::text::money, array['w' || n], date '2000-01-01' + n
    from generate_series(1, ${rows}) n;
  create index held_code on held (code); create index held_folded on held (folded); create index held_ip on held (ip); create index held_own on held (own);
  create index held_flag on held (flag); create index held_price on held (price); create index held_day on held (day);
  create index held_words on held using gin (words); analyze held;`;
const asking = `create table asking (id integer primary key, code text, plain text, folded text, day date);
  insert into asking values ${Array.from({ length: 8 }, (_, at) => {
    const n = at + 1;
    return `(${n}, 'k${n}', 'k${n}', 'k${n}', '2000-01-0${n + 1}')`;
  }).join(', ')};`;

const scripts: Readonly<Partial<Record<Engine, string>>> = { postgres, mysql, mariadb: mysql };
/** Columns that are keys of the other source. Native types are missing: they are compared as text, which no index supports. */
const crossing: Readonly<Partial<Record<Engine, readonly string[]>>> = {
  postgres: ['code', 'folded', 'day'],
  mysql: ['code', 'plain', 'day'],
  mariadb: ['code', 'plain', 'day'],
};
/** Conditions, and the column whose index finds their rows. */
const conditions: Readonly<Partial<Record<Engine, readonly (readonly [string, string])[]>>> = {
  postgres: [
    ['flag', '{flag: {_eq: true}}'],
    ['ip', '{ip: {_eq: "10.0.0.7"}}'],
    ['ip', '{ip: {_in: ["10.0.0.7", "10.0.0.8/32"]}}'],
    ['ip', '{ip: {_between: ["10.0.0.7", "10.0.0.9"]}}'],
    ['own', '{own: {_eq: "10.0.0.7"}}'],
    ['price', '{price: {_lt: "$5.00"}}'],
    ['folded', '{folded: {_eq: "K7"}}'],
    ['words', '{words: {_contains: ["w7"]}}'],
    ['day', '{day: {_eq: "2000-01-08"}}'],
  ],
  mysql: [
    ['flag', '{flag: {_eq: true}}'],
    ['code', '{code: {_in: ["k7", "K8"]}}'],
    ['day', '{day: {_eq: "2000-01-08"}}'],
  ],
  mariadb: [
    ['flag', '{flag: {_eq: true}}'],
    ['code', '{code: {_in: ["k7", "K8"]}}'],
    ['day', '{day: {_eq: "2000-01-08"}}'],
  ],
};

interface Sent {
  readonly statement: Statement;
  readonly values: readonly unknown[];
  readonly context: RunContext;
}

/** A connector that records the statements it runs. */
function recording(connector: Connector, sent: Sent[]): Connector {
  return Object.assign(Object.create(connector) as Connector, {
    run: (statement: Statement, values: readonly unknown[], context: RunContext) => {
      sent.push({ statement, values, context });
      return connector.run(statement, values, context);
    },
    pool: () => connector.pool(),
  });
}

describeEngines(['postgres', 'mysql', 'mariadb'], (engine) => {
  let databases: KeyDatabases;
  let graph: RoleEngine;
  const sent: Sent[] = [];
  const across = crossing[engine]!;

  beforeAll(async () => {
    databases = await openDatabases(
      new Map([
        [engine, scripts[engine]!],
        ['sqlite', asking],
      ]),
    );
    const remote = (name: string, source: string, table: string, column: string) => ({
      name,
      definition: {
        to_source: {
          source,
          table,
          relationship_type: 'array' as const,
          field_mapping: { [column]: column },
        },
      },
    });
    const metadata: Metadata = {
      tables: [
        {
          source: 'sqlite',
          table: 'asking',
          remote_relationships: across.map((name) => remote(`by_${name}`, engine, 'held', name)),
        },
        {
          source: engine,
          table: 'held',
          remote_relationships: across.map((name) => remote(`asked_${name}`, 'sqlite', 'asking', name)),
        },
      ],
    };
    const connectors = new Map(databases.connectors);
    const name = [...connectors.keys()].find((source) => source === engine) as SourceName;
    connectors.set(name, recording(connectors.get(name)!, sent));
    graph = await roleEngine(connectors, attachment({ metadata }));
  }, 120_000);
  afterAll(() => databases?.close());

  /** The names of the indexes in the plans of all statements that an operation sends to the server. */
  async function indexes(query: string): Promise<{ readonly plan: string; readonly found: number }> {
    sent.length = 0;
    const { data, errors } = JSON.parse(await ask(graph, { query, variables: {} })) as {
      data: Record<string, readonly Record<string, unknown>[]>;
      errors?: unknown;
    };
    if (errors !== undefined) throw new Error(`${query}\n${JSON.stringify(errors)}`);
    const connector = [...databases.connectors].find(([source]) => source === engine)![1];
    const plans: string[] = [];
    expect(sent.length).toBeGreaterThan(0);
    for (const { statement, values, context } of [...sent]) {
      const how = engine === 'mysql' ? 'explain format=traditional' : 'explain';
      const text = `${how} ${statement.text}`;
      const { rows } = await connector.run({ text, slots: statement.slots }, values, context);
      plans.push(text, ...rows.map((row) => row.join(' | ')));
    }
    const found = JSON.stringify(data).match(/"id":/g)?.length ?? 0;
    return { plan: plans.join('\n'), found };
  }

  /** The part of a plan that reads the table: its name and the index. */
  const reads = (column: string) =>
    engine === 'postgres'
      ? new RegExp(`Scan (?:using|on) held_${column}\\b`)
      : new RegExp(`\\| (?:ref|eq_ref|range|index_merge) \\|.*\\| held_${column} \\|`);

  describe.each(across)('keys of another source in %s', (column) => {
    test.each([
      ['rows of a relationship', `{ it: asking { by_${column} { id } } }`],
      ['some rows for each parent', `{ it: asking { by_${column}(limit: 1, order_by: {id: desc}) { id } } }`],
      ['aggregates', `{ it: asking { id by_${column}_aggregate { aggregate { count max { id } } } } }`],
      ['a filter', `{ it: held(where: {asked_${column}: {id: {_lt: 4}}}) { id } }`],
    ])('%s', async (_, query) => {
      const { plan, found } = await indexes(query);
      expect(found).toBeGreaterThan(2);
      expect(plan).toMatch(reads(column));
    });
  });

  test.each(conditions[engine]!)('a condition on %s: %s', async (column, where) => {
    const { plan, found } = await indexes(`{ it: held(where: ${where}) { id } }`);
    expect(found).toBeGreaterThan(0);
    expect(plan).toMatch(reads(column));
  });
});
