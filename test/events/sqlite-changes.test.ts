import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Started, start } from '../../src/main.ts';
import { type Connection, connect } from '../support/connect.ts';
import { until } from '../support/wait.ts';
import { outboxSetup, Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';
const headers = { 'x-foz-admin-secret': secret };

const tables = [
  `create table strict_ones (id integer primary key, a any, n int not null default 1, t text collate nocase, r real) strict`,
  `create table keyed (k text collate rtrim primary key, n numeric, u, b blob, c varchar(10) collate nocase check (c <> 'never'),
    both text as (c || k) collate nocase) without rowid`,
];
const rows = (encoding: string) => [
  `insert into strict_ones values (1, 5, 5, 'abc', 5), (2, '5', 6, 'ABC', 5.5), (3, 5.0, 7, 'ä', 1e300), (4, x'35', 8, 'Abc'${encoding === 'UTF-8' ? ' || char(0)' : ''}, null)`,
  `insert into keyed (k, n, u, b, c) values ('a', '12', '12', x'61', 'x'), ('b ', 12.0, 12, 'a', 'X'), ('c', '12x', 12.0, 97, 'y'), ('d', null, 'é', null, 'É')`,
];
/** Conditions on a table, in which affinities and collations decide. */
const conditions = {
  strict_ones: [
    '{}',
    '{a: {_eq: "5"}}',
    '{a: {_in: ["5.0", "35"]}}',
    '{t: {_eq: "aBC"}}',
    '{t: {_in: ["ABC"]}}',
    '{t: {_gt: "ABB"}}',
    '{n: {_gte: 6}}',
    '{r: {_eq: 5}}',
    '{id: {_in: [1, 4]}}',
  ],
  keyed: [
    '{}',
    '{k: {_eq: "b"}}',
    '{k: {_in: ["a  ", "d"]}}',
    '{n: {_eq: "12"}}',
    '{n: {_gt: "1"}}',
    '{u: {_eq: "12"}}',
    '{u: {_in: ["12.0"]}}',
    '{b: {_eq: "YQ=="}}',
    '{c: {_eq: "x"}}',
    '{c: {_lt: "Y"}}',
    '{both: {_eq: "xA"}}',
  ],
} as const;
const shown = { strict_ones: 'id a n t r', keyed: 'k n u b c both' } as const;
type Name = keyof typeof conditions;
const names = Object.keys(conditions) as Name[];

describe.each(['UTF-8', 'UTF-16be'])('changed rows of a SQLite file in %s', (encoding) => {
  const folder = mkdtempSync(join(tmpdir(), 'foz-images-'));
  const path = join(folder, 'shop.db');
  let client: Connection;
  let foz: Started;

  beforeAll(async () => {
    client = await connect('sqlite', path);
    await client.execute(`pragma busy_timeout = 20000; pragma encoding = '${encoding}'`);
    for (const text of tables) await client.execute(text);
    foz = await start(
      {
        state: mkdtempSync(join(folder, 'state-')),
        server: { port: 0, graphiql: false },
        auth: { admin_secrets: [secret] },
        sources: [{ name: 'shop', kind: 'sqlite', path }],
      } as Parameters<typeof start>[0],
      { logger: pino({ level: 'silent' }) },
    );
    for (const text of await outboxSetup(foz, names)) await client.execute(text);
  }, 60_000);
  afterAll(async () => {
    await client?.close();
    await foz?.close(0);
    rmSync(folder, { recursive: true, force: true });
  });

  test('a condition passes the rows that it passes in a query', async () => {
    const subscribers = await Promise.all(
      names.flatMap((name) =>
        conditions[name].map(async (where) => {
          const query = `subscription { ${name}_changes(where: ${where}) { new { ${shown[name]} } } }`;
          const subscriber = await Subscriber.open(foz.url, { query }, headers);
          await subscriber.count(1);
          return { name, where, subscriber };
        }),
      ),
    );
    for (const text of rows(encoding)) await client.execute(text);
    for (const { name, where, subscriber } of subscribers) {
      const response = await fetch(new URL('graphql', foz.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: `{ ${name}(where: ${where}) { ${shown[name]} } }` }),
      });
      const queried = ((await response.json()) as { data: Record<string, unknown[]> }).data[name]!;
      const sent = () => subscriber.answers.flatMap(({ data }) => data?.[`${name}_changes`] ?? []);
      await until(() => sent().length >= queried.length || subscriber.isOver, 20_000);
      const images = sent().map((change: { readonly new: object }) => change.new);
      expect([where, images]).toEqual([where, queried]);
      subscriber.close();
    }
    // Each condition passes some rows, so that the comparison shows something.
    const [count] = await client.query('select count(*) as count from keyed');
    expect(Number(count!.count)).toBe(4);
  }, 60_000);
});
