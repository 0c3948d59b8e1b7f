import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Started, start } from '../../src/main.ts';
import type { Connector } from '../../src/plan/index.ts';
import { Dice } from '../conformance/dice.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines, engines, isServer } from '../support/engines.ts';
import { pause, until } from '../support/wait.ts';
import { type Answer, Subscriber } from './subscriber.ts';

const seed = Number(process.env.FOZ_SEED ?? 1);
const secret = 'a secret of some length';
const admin = { 'x-foz-admin-secret': secret };

const table = `create table notes (id integer primary key, owner integer, label varchar(20), points integer not null, day date)`;

/** Live queries of a few plans. Those of one plan differ in their variables, some in the session. */
const asked = {
  byOwner:
    'query ($owner: Int, $labels: [String!]) { notes(where: {owner: {_eq: $owner}, label: {_in: $labels}}, order_by: {id: asc}) { id label points day } }',
  paged:
    'query ($least: Int!, $limit: Int!, $offset: Int) { notes(where: {points: {_gte: $least}}, order_by: [{points: desc}, {id: asc}], limit: $limit, offset: $offset) { id points } }',
  both: 'query ($day: date, $label: String) { notes_aggregate(where: {_or: [{day: {_gt: $day}}, {label: {_like: $label}}]}, order_by: {id: asc}) { aggregate { count sum { points } } nodes { id } } }',
  one: 'query ($id: Int!) { notes_by_pk(id: $id) { id owner label points } }',
  mine: '{ notes(order_by: {id: asc}) { id owner label points } }',
} as const;

interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly as: Readonly<Record<string, string>>;
}

function randomAsked(dice: Dice): Asked {
  const owner = dice.pick([null, 1, 2, 3, 4, 99]);
  const labels = dice.pick([[], ['a'], ['a', 'b"{,}\\'], ['ä', "it's", 'NULL', ''], ['c']]);
  const label = dice.pick([null, 'a%', '%', '_', 'nothing', '%\\%', "%'%"]);
  const role = dice.pick<Readonly<Record<string, string>>>([
    {},
    { 'x-foz-role': 'reader', 'x-foz-user-id': String(dice.whole(5)) },
    { 'x-foz-role': 'brief', 'x-foz-user-id': String(dice.whole(5)) },
  ]);
  const variables = {
    byOwner: { owner, labels: dice.chance(10) ? null : labels },
    paged: { least: dice.whole(20), limit: dice.whole(4), offset: dice.pick([null, 0, 2]) },
    both: { day: dice.pick([null, '2024-02-29', '1999-01-01']), label },
    one: { id: dice.whole(12) },
    mine: {},
  };
  const plan = dice.pick(Object.keys(asked) as (keyof typeof asked)[]);
  return { query: asked[plan], variables: variables[plan], as: role };
}

const own = { owner: { _eq: 'X-Foz-User-Id' } };
const columns = ['id', 'owner', 'label', 'points', 'day'];
const permissions = [
  {
    role: 'reader',
    permission: {
      columns,
      filter: own,
      allow_aggregations: true,
      masks: { points: { label: { _eq: 'a' } } },
    },
  },
  {
    role: 'brief',
    permission: {
      columns,
      filter: { _or: [own, { owner: { _is_null: true } }] },
      allow_aggregations: true,
      limit: 2,
    },
  },
];

describeEngines(engines, (engine) => {
  let database: TestDatabase;
  let foz: Started;
  let connector: { run: Connector['run'] } & Omit<Connector, 'run'>;

  beforeAll(async () => {
    database = await freshDatabase(engine, 'shop');
    await database.use(async (connection) => {
      await connection.execute(table);
      if (engine === 'postgres') await connection.execute('create publication foz for table notes');
    });
    foz = await start(
      {
        state: mkdtempSync(join(tmpdir(), 'state-')),
        server: { port: 0, graphiql: false },
        auth: { admin_secrets: [secret] },
        sources: [{ name: 'shop', kind: engine, [isServer(engine) ? 'url' : 'path']: database.location }],
        metadata: { tables: [{ source: 'shop', table: 'notes', select_permissions: permissions }] },
      } as unknown as Parameters<typeof start>[0],
      { logger: pino({ level: 'silent' }) },
    );
    connector = foz.attached.registry.named('shop').connector;
  }, 120_000);
  afterAll(async () => {
    await foz?.close(0);
    await database?.drop();
  });

  const post = async (query: string, variables: object = {}, as: object = {}) => {
    const response = await fetch(new URL('graphql', foz.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...admin, ...as },
      body: JSON.stringify({ query, variables }),
    });
    return await response.text();
  };
  const written = async (query: string, variables: object = {}) => {
    const answer = JSON.parse(await post(query, variables)) as Answer;
    if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
  };
  const upsert = (rows: readonly object[]) =>
    written(
      `mutation ($ids: [Int!]!, $rows: [notes_insert_input!]!) { delete_notes(where: {id: {_in: $ids}}) { affected_rows } insert_notes(objects: $rows) { affected_rows } }`,
      { ids: rows.map((row) => (row as { id: number }).id), rows },
    );
  const subscribe = ({ query, variables, as }: Asked) =>
    Subscriber.open(
      foz.url,
      { query: query.replace(/^(query)?/, 'subscription '), variables },
      { ...admin, ...as },
    );
  /** The last answers are those of fresh queries. */
  const allFresh = async (all: readonly (readonly [Asked, Subscriber])[]) => {
    for (const [one, subscriber] of all) {
      const fresh = await post(one.query, one.variables, one.as);
      await until(() => subscriber.texts.at(-1) === fresh, 20_000).catch(() => {
        throw new Error(
          `${one.query} with ${JSON.stringify(one.variables)} as ${JSON.stringify(one.as)}: the last answer is ${subscriber.texts.at(-1)}, not ${fresh}`,
        );
      });
    }
  };
  /** Counts statements until `stop`: how many there were, and how many of them had several sets of parameters. */
  const counted = () => {
    const { run } = connector;
    const seen = { all: 0, together: 0 };
    connector.run = (statement, ...rest) => {
      seen.all++;
      if (statement.slots.some(({ gather }) => gather !== undefined)) seen.together++;
      return run(statement, ...rest);
    };
    return {
      seen,
      stop() {
        connector.run = run;
      },
    };
  };

  test(`subscribers with other variables and roles get the answers of fresh queries, seed ${seed}`, async () => {
    const dice = new Dice(seed);
    const all = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const one = randomAsked(dice);
        return [one, await subscribe(one)] as const;
      }),
    );
    const count = counted();
    const randomRow = () => ({
      id: dice.whole(12),
      owner: dice.pick([null, 1, 2, 3, 4]),
      label: dice.pick([null, 'a', 'ab', 'b"{,}\\', 'ä', "it's", 'NULL', '', '%']),
      points: dice.whole(30),
      day: dice.pick([null, '2024-02-29', '2030-12-31', '1970-01-01']),
    });
    try {
      for (let round = 0; round < 4; round++) {
        const rows = new Map(
          Array.from({ length: 1 + dice.whole(5) }, randomRow).map((row) => [row.id, row]),
        );
        await upsert([...rows.values()]);
        await allFresh(all);
      }
    } finally {
      count.stop();
      for (const [, subscriber] of all) subscriber.close();
    }
    if (connector.capabilities.parameterSets) expect(count.seen.together).toBeGreaterThan(0);
    else expect(count.seen.together).toBe(0);
  }, 120_000);

  test('fifty subscribers with one plan need few statements where the engine takes many sets of parameters', async () => {
    await upsert([{ id: 1, owner: 1, label: 'a', points: 1 }]);
    const all = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const one = { query: asked.paged, variables: { least: 0, limit: 3, offset: n }, as: {} };
        const subscriber = await subscribe(one);
        await subscriber.started();
        return [one, subscriber] as const;
      }),
    );
    const count = counted();
    let points = 5;
    const change = () => upsert([{ id: 1, owner: 1, label: 'a', points: ++points }]);
    await change();
    if (connector.capabilities.parameterSets) {
      // Where the machine was busy, shared statements seemed slow, and are tried again after some seconds.
      const deadline = Date.now() + 45_000;
      while (count.seen.together === 0 && Date.now() < deadline) {
        await pause(500);
        await change();
      }
    } else {
      // Only the first query sees the row, but all of them run.
      await until(() => count.seen.all >= 50);
    }
    count.stop();
    await allFresh(all);
    for (const [, subscriber] of all) subscriber.close();
    if (connector.capabilities.parameterSets) expect(count.seen.together).toBeGreaterThan(0);
    else expect(count.seen.together).toBe(0);
  }, 90_000);

  // A database user that is not the owner of its tables exists on servers only.
  if (engine === 'postgres')
    test('a live query ends with the error once the database refuses its user the table; others go on', async () => {
      await database.use((connection) =>
        connection.execute(`create table revoked (id integer primary key); create or replace function refuse() returns integer
          language plpgsql as $$ begin raise insufficient_privilege; end $$; create view refusing as select id from revoked`),
      );
      await foz.attached.registry.recheckSchema(foz.attached.registry.named('shop').name);
      const query = '{ refusing(order_by: {id: asc}) { id } }';
      const refused = await subscribe({ query, variables: {}, as: {} });
      const other = { query: asked.mine, variables: {}, as: {} };
      const lasting = await subscribe(other);
      await refused.started();
      await database.use((connection) =>
        connection.execute('create or replace view refusing as select refuse() as id from (select 1) as one'),
      );
      await until(() => refused.isComplete, 30_000);
      expect(refused.answers.at(-1)!.errors?.[0]?.extensions.code).toBe('access-denied');
      await upsert([{ id: 3, owner: 1, label: 'later', points: 1 }]);
      await allFresh([[other, lasting]]);
      lasting.close();
    }, 60_000);

  test('a session without the variable of its filter is refused, and ends', async () => {
    const subscriber = await subscribe({ query: asked.mine, variables: {}, as: { 'x-foz-role': 'reader' } });
    await until(() => subscriber.isComplete, 30_000);
    expect(subscriber.answers.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(['access-denied']);
  });

  // Foz does not check patterns, so the database refuses this one. SQLite, MySQL and MariaDB run each query on its own anyway.
  if (engine === 'postgres' || engine === 'pglite')
    test('a subscriber with a value that the database refuses gets its error; those beside it get their answers', async () => {
      const query =
        'query ($p: String) { notes(where: {label: {_regex: $p}}, order_by: {id: asc}) { id points } }';
      await upsert([{ id: 2, owner: 1, label: 'ab', points: 1 }]);
      const good = ['^a', 'b$', null, 'z'].map((p) => ({ query, variables: { p }, as: {} }));
      const bad = await subscribe({ query, variables: { p: '(' }, as: {} });
      const all = await Promise.all(good.map(async (one) => [one, await subscribe(one)] as const));
      for (const points of [2, 3, 4]) {
        await upsert([{ id: 2, owner: 1, label: 'ab', points }]);
        await allFresh(all);
      }
      const [first] = await bad.count(1);
      expect(first!.errors?.[0]?.extensions.code).toBe('data-exception');
      expect(bad.texts.at(-1)).toBe(await post(query, { p: '(' }));
      expect(bad.answers).toHaveLength(1);
      for (const [, subscriber] of [...all, [null, bad] as const]) subscriber.close();
    }, 60_000);
});
