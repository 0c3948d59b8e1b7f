import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Started, start } from '../../src/main.ts';
import { columnsOf, valuesOf } from '../databases/mysql/every-type.ts';
import { prelude, typeCases } from '../databases/postgres/values.ts';
import { examples } from '../databases/sqlite/examples.ts';
import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { outboxSetup, Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';

/** Statements that run before Foz starts, and inserts of one row each, with ids from 1. */
interface Values {
  readonly tables: readonly string[];
  readonly inserts: readonly string[];
}

function postgresValues(): Values {
  const columns = typeCases.map(([type], at) => `c${at} ${type}`);
  const inserts = typeCases.flatMap(([, ...literals], at) =>
    literals.map((entry) => {
      const literal = typeof entry === 'string' ? entry : entry[0];
      const quoted = literal.replaceAll('\\', '\\\\').replaceAll("'", "''");
      return `insert into v (c${at}) values (E'${quoted}')`;
    }),
  );
  const tables = [
    'drop type mood cascade',
    prelude,
    `create table v (id int generated always as identity primary key, ${columns.join(', ')})`,
    'alter table v replica identity full',
    'create publication foz for table v',
  ];
  return { tables, inserts };
}

function mysqlValues(engine: 'mysql' | 'mariadb'): Values {
  let id = 0;
  const inserts = Object.entries(valuesOf(engine)).flatMap(([column, list]) =>
    [...list, 'null'].map((value) => `insert into v (id, ${column}) values (${++id}, ${value})`),
  );
  return { tables: [`create table v (${columnsOf(engine)})`, "set sql_mode = ''"], inserts };
}

/** Values of each declared type, also of types that SQLite takes as they are, in columns of every affinity and of a generated one. */
function sqliteValues(): Values {
  const types = Object.keys(examples);
  const columns = types.map((type, at) => `c${at} ${type}`);
  const others = [
    '5.0',
    '-0.0',
    '1e-300',
    '2.0e9',
    '3e9',
    '9007199254740992.0',
    '9.3e18',
    "'5'",
    "'5.0'",
    "x'35'",
    "'a' || char(0) || 'é'",
    'char(0)',
  ];
  const literals = [...types.flatMap((type) => examples[type]!.map(([literal]) => literal)), ...others];
  const inserts = [...new Set(literals)].flatMap((literal, index) =>
    index % 7 === 0 || others.includes(literal)
      ? types.map((_, at) => `insert into v (c${at}) values (${literal})`)
      : [
          `insert into v (c${types.findIndex((type) => examples[type]!.some(([one]) => one === literal))}) values (${literal})`,
        ],
  );
  const table = `create table v (id integer primary key, ${columns.join(', ')}, "rowid" text collate nocase default 'a'
    constraint full_name not null check ("rowid" <> ''), twice as (c0 || c0) virtual, thrice int as (id * 3) stored unique)`;
  return { tables: ['pragma busy_timeout = 20000', table], inserts };
}

const valuesOfEngine = {
  postgres: postgresValues,
  mysql: () => mysqlValues('mysql'),
  mariadb: () => mysqlValues('mariadb'),
  sqlite: sqliteValues,
} as const;

/** The text of the only object below the only field of an answer. */
const inner = (text: string) => text.replace(/^\{"data":\{"v_\w+":/, '').replace(/\}\}$/, '');

/** The texts around the first place where they differ. */
function firstDifference(...texts: readonly [string, string]): string[] {
  let at = 0;
  while (texts[0][at] !== undefined && texts[0][at] === texts[1][at]) at++;
  return texts.map((text) => text.slice(Math.max(0, at - 40), at + 80));
}

/** The engines, and where their changes are read. */
const methods = [
  ['postgres', 'log'],
  ['mysql', 'log'],
  ['mariadb', 'log'],
  ['sqlite', 'outbox'],
  ['postgres', 'outbox'],
  ['mysql', 'outbox'],
  ['mariadb', 'outbox'],
] as const;

for (const [engine, method] of methods) {
  describeEngines([engine], () => {
    const { tables, inserts } = valuesOfEngine[engine]();
    let database: TestDatabase;
    let client: Connection;
    let foz: Started;

    beforeAll(async () => {
      database = await freshDatabase(engine, 'shop');
      client = await connect(engine, database.location);
      for (const text of tables) await client.execute(text);
      foz = await start(
        {
          state: mkdtempSync(join(tmpdir(), 'state-')),
          server: { port: 0, graphiql: false },
          auth: { admin_secrets: [secret] },
          sources: [
            { name: 'shop', kind: engine, [engine === 'sqlite' ? 'path' : 'url']: database.location },
          ],
        } as Parameters<typeof start>[0],
        { logger: pino({ level: 'silent' }) },
      );
      if (method === 'outbox') for (const text of await outboxSetup(foz, ['v'])) await client.execute(text);
    }, 60_000);
    afterAll(async () => {
      await client?.close();
      await foz?.close(0);
      await database?.drop();
    });

    const ask = async (query: string) => {
      const response = await fetch(new URL('graphql', foz.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
        body: JSON.stringify({ query }),
      });
      return response.text();
    };

    test(`${method}: a row in a change is byte for byte the row that a query returns`, async () => {
      const type = JSON.parse(await ask('{ __type(name: "v_change_row") { fields { name } } }'));
      const names = (type.data.__type.fields as { name: string }[]).map(({ name }) => name).join(' ');
      const subscriber = await Subscriber.open(
        foz.url,
        { query: `subscription { v_changes(batch_size: 1) { new { ${names} } } }` },
        { 'x-foz-admin-secret': secret },
      );
      await subscriber.count(1);
      for (const text of inserts) await client.execute(text);
      await until(() => subscriber.texts.length > inserts.length || subscriber.isOver, 60_000);
      subscriber.close();
      const sent = subscriber.texts.slice(1);
      const differences: unknown[] = [];
      for (const [at, insert] of inserts.entries()) {
        const stored = `[{"new":${inner(await ask(`{ v_by_pk(id: ${at + 1}) { ${names} } }`))}}]`;
        if (inner(sent[at] ?? 'nothing') !== stored)
          differences.push([insert.slice(0, 200), ...firstDifference(stored, inner(sent[at] ?? 'nothing'))]);
      }
      expect(differences).toEqual([]);
    }, 120_000);
  });
}
