import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Started, start } from '../../src/main.ts';
import { type Answer, Subscriber } from '../events/subscriber.ts';
import { type Connection, connect } from '../support/connect.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines, engines, isServer } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { Dice } from './dice.ts';
import { metadata, RandomWriter, tables, watched } from './random-live.ts';

const seed = Number(process.env.FOZ_SEED ?? 1);
const count = Number(process.env.FOZ_RANDOM_LIVE ?? 2);
const writes = Number(process.env.FOZ_RANDOM_OPERATIONS ?? 40);

const secret = 'a secret of some length';
const admin = { 'x-foz-admin-secret': secret };

/** PostgreSQL is followed by replication where a publication exists, else by polling. */
const ways = [...engines.map((engine) => [engine, 'by itself'] as const), ['postgres', 'published'] as const];

/**
 * Random writes by Foz, by a client of the database and by its transactions, while connections are cut: at the end the last answer of
 * every live query is that of a fresh query, and each answer is one that a query could have given, in the order of the writes.
 * `FOZ_SEED=7 FOZ_RANDOM_LIVE=100` for others.
 */
for (const [engine, way] of ways) {
  describeEngines([engine], () => {
    let database: TestDatabase;
    let own: Connection | null = null;
    let proxy: CuttableProxy | null = null;
    let foz: Started;

    beforeAll(async () => {
      database = await freshDatabase(engine, 'shop');
      await database.use(async (connection) => {
        for (const text of tables) await connection.execute(text);
        if (way === 'published')
          await connection.execute('create publication foz for table rl_people, rl_tasks');
      });
      if (isServer(engine)) proxy = new CuttableProxy(database.location);
      const place = proxy === null ? { path: database.location } : { url: await proxy.open() };
      foz = await start(
        {
          state: mkdtempSync(join(tmpdir(), 'state-')),
          server: { port: 0, graphiql: false },
          auth: { admin_secrets: [secret] },
          sources: [{ name: 'shop', kind: engine, ...place }],
          metadata: metadata('shop'),
        } as unknown as Parameters<typeof start>[0],
        { logger: pino({ level: 'silent' }) },
      );
      // PGlite's folder belongs to Foz alone: its own SQL goes through the connector.
      if (engine !== 'pglite') own = await connect(engine, database.location);
    }, 60_000);
    afterAll(async () => {
      await own?.close();
      await foz?.close(0);
      await proxy?.cut();
      await database?.drop();
    });

    const execute = async (text: string) => {
      if (own !== null) return void (await own.execute(text));
      const { connector } = foz.attached.registry.named('shop');
      const context = { signal: new AbortController().signal, timeoutMs: null };
      await connector.run({ text, slots: [] }, [], context);
    };
    const post = async (query: string, as: Readonly<Record<string, string>> = {}) => {
      const response = await fetch(new URL('graphql', foz.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...admin, ...as },
        body: JSON.stringify({ query }),
      });
      return (await response.json()) as Answer;
    };
    /** The present answer; asked again while connections are replaced. */
    const fresh = async ({ fields, as }: (typeof watched)[number]) => {
      let text = '';
      await until(async () => {
        const { data, errors = [] } = await post(fields, as);
        const wrong = errors.find(({ extensions }) => extensions.code !== 'unavailable');
        if (wrong !== undefined) throw new Error(`${fields}: ${wrong.message}`);
        text = JSON.stringify(data);
        return errors.length === 0;
      });
      return text;
    };

    const apply = async (write: ReturnType<RandomWriter['next']>) => {
      if ('sql' in write) return execute(write.sql);
      // Whether a mutation whose connection was cut is stored does not matter here.
      if ('mutation' in write) return void (await post(write.mutation));
      if (own === null) {
        if (write.end === 'commit') for (const text of write.transaction) await execute(text);
        return;
      }
      await own.execute('begin');
      for (const text of write.transaction) await own.execute(text);
      await own.execute(write.end);
    };

    test.each(Array.from({ length: count }, (_, index) => seed + index))(
      `${way}, seed %i`,
      async (number) => {
        const dice = new Dice(number);
        const writer = new RandomWriter(dice);
        const history: string[][] = watched.map(() => []);
        /** Notes the present answers. Transactions on PGlite are several states. */
        const note = async () => {
          const now = await Promise.all(watched.map(fresh));
          now.forEach((text, at) => {
            if (history[at]!.at(-1) !== text) history[at]!.push(text);
          });
        };
        await note();
        const subscribers = await Promise.all(
          watched.map(({ fields, as = {} }) =>
            Subscriber.open(foz.url, { query: `subscription ${fields}` }, { ...admin, ...as }),
          ),
        );
        await until(() => subscribers.every(({ answers }) => answers.length > 0));
        try {
          for (let n = 0; n < writes; n++) {
            if (proxy !== null && dice.chance(6)) await proxy.open();
            await apply(writer.next());
            await note();
          }
          for (const [at, { fields, as }] of watched.entries()) {
            const last = history[at]!.at(-1)!;
            const subscriber = subscribers[at]!;
            await subscriber.last(JSON.parse(last)).catch((error: unknown) => {
              throw new Error(`${fields} as ${JSON.stringify(as ?? 'admin')}: ${String(error)}`);
            });
            expect(subscriber.answers.filter(({ errors }) => errors !== undefined)).toEqual([]);
            expectInOrder(
              subscriber.answers.map(({ data }) => JSON.stringify(data)),
              history[at]!,
            );
          }
        } finally {
          for (const subscriber of subscribers) subscriber.close();
        }
      },
      120_000,
    );
  });
}

/** Each answer is a state of the history, none older than the one before it. */
function expectInOrder(answers: readonly string[], history: readonly string[]): void {
  let from = 0;
  for (const answer of answers) {
    const at = history.indexOf(answer, from);
    if (at < 0) throw new Error(`${answer} is no state after ${history[from]}`);
    from = at;
  }
}
