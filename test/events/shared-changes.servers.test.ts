import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectMariadb } from '../../src/databases/mariadb/index.ts';
import { connectPostgres } from '../../src/databases/postgres/index.ts';
import { Serving } from '../cli/serving.ts';
import { type StorePlace, storePlace } from '../store/place.ts';
import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { Subscriber } from './subscriber.ts';

const secret = 'a-secret-of-some-length';
const admin = { 'x-foz-admin-secret': secret };
const env = { FOZ_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') };

const methods = [
  ['postgres', 'log'],
  ['mariadb', 'log'],
  ['postgres', 'outbox'],
  ['mariadb', 'outbox'],
] as const;

/** Counts the connections that read the log of the database. */
const readers: Readonly<Record<string, string>> = {
  postgres: `select count(*) as n from pg_stat_activity where backend_type = 'walsender' and datname = current_database()`,
  mariadb: `select count(*) as n from information_schema.processlist where command like 'Binlog Dump%' and db = database()`,
};

for (const [engine, method] of methods)
  describeEngines([engine], () =>
    describe(`two processes with one store, ${method}`, () => {
      let database: TestDatabase;
      let client: Connection;
      let place: StorePlace;
      const running: Serving[] = [];
      const subscribers: Subscriber[] = [];
      let next = 1;
      const outboxSetup = async () => {
        const [connection, isPostgres] = [database.location, engine === 'postgres'];
        const connector = isPostgres ? connectPostgres({ connection }) : connectMariadb({ connection });
        const namespace = isPostgres ? 'public' : new URL(connection).pathname.slice(1);
        const moves = [{ namespace, name: 'moves' }];
        const offers = await connector.changes!.offers(moves, new AbortController().signal);
        await connector.close();
        return offers.find((offer) => offer.method === 'triggers')!.setup;
      };
      const insert = async () => {
        const id = next++;
        await client.execute(`insert into moves values (${id}, ${id % 3}, 'row ${id}')`);
      };
      const start = async (name: string) => {
        const folder = join(place.folder, name);
        mkdirSync(folder, { recursive: true });
        const config = {
          store: { url: place.url },
          server: { graphiql: false },
          auth: { admin_secrets: [secret] },
          sources: [
            {
              name: 'shop',
              kind: engine,
              url: database.location,
              ...(method === 'outbox' ? { changes: 'triggers' } : {}),
            },
          ],
          metadata: { tables: [{ source: 'shop', table: 'moves' }] },
        };
        writeFileSync(join(folder, 'foz.yaml'), JSON.stringify(config));
        const foz = await Serving.start(folder, { env });
        running.push(foz);
        return foz;
      };
      const subscribe = async (foz: Serving, query: string, variables = {}) => {
        const subscriber = await Subscriber.open(foz.url, { query, variables }, admin);
        subscribers.push(subscriber);
        await subscriber.count(1);
        return subscriber;
      };
      const changes = (foz: Serving, after: string | null = null) =>
        subscribe(
          foz,
          'subscription ($after: String) { moves_changes(after: $after) { new { id } position } }',
          {
            after,
          },
        );
      const changesOf = ({ answers }: Subscriber) =>
        answers.flatMap(
          ({ data }) => (data?.moves_changes ?? []) as { new: { id: number }; position: string }[],
        );
      const idsOf = (subscriber: Subscriber) => changesOf(subscriber).map((change) => change.new.id);
      const total = (foz: Serving) =>
        subscribe(foz, 'subscription { moves_aggregate { aggregate { count } } }');
      const totalIs = (count: number) => ({ moves_aggregate: { aggregate: { count } } });
      const upTo = (last: number, first = 1) =>
        Array.from({ length: last - first + 1 }, (_, at) => at + first);

      beforeAll(async () => {
        place = await storePlace('postgres');
        database = await freshDatabase(engine, 'shop');
        client = await connect(engine, database.location);
        await client.execute(
          'create table moves (id integer primary key, kind integer not null, title varchar(200) not null)',
        );
        if (engine === 'postgres' && method === 'log')
          await client.execute('create publication foz for table moves');
        if (method === 'outbox') for (const text of await outboxSetup()) await client.execute(text);
      }, 60_000);
      afterAll(async () => {
        for (const subscriber of subscribers) subscriber.close();
        await Promise.all(running.map((foz) => foz.kill()));
        await client?.close();
        await database?.drop();
        await place?.drop();
      }, 60_000);

      test('one reads the source for both; after its end the other goes on', async () => {
        const first = await start('first');
        const firstTotal = await total(first);
        const firstChanges = await changes(first);
        const second = await start('second');
        const secondTotal = await total(second);
        const byValue = await subscribe(second, 'subscription { moves(where: { kind: { _eq: 1 } }) { id } }');
        const secondChanges = await changes(second);
        for (let at = 0; at < 20; at++) await insert();
        const all = [firstChanges, secondChanges];
        await until(() => all.every((one) => changesOf(one).length >= 20), 30_000);
        for (const one of all) expect(idsOf(one)).toEqual(upTo(20));
        // A position is the same in both processes.
        expect(changesOf(secondChanges)).toEqual(changesOf(firstChanges));
        for (const one of [firstTotal, secondTotal]) await one.last(totalIs(20));
        await byValue.last({ moves: [1, 4, 7, 10, 13, 16, 19].map((id) => ({ id })) });
        if (method === 'log') {
          const [row] = await client.query(readers[engine]!);
          expect(Number(row!.n)).toBe(1);
        }

        let isWriting = true;
        const writing = (async () => {
          for (; isWriting; await sleep(20)) await insert();
        })();
        await until(() => next > 40, 30_000);
        const killedAt = performance.now();
        await first.kill();
        const afterKill = next;
        await until(() => idsOf(secondChanges).some((id) => id > afterKill) || secondChanges.isOver, 30_000);
        process.stderr.write(
          `${engine} ${method}: the other process went on ${Math.round(performance.now() - killedAt)} ms after the end of the first\n`,
        );
        await until(() => next > afterKill + 20, 30_000);
        isWriting = false;
        await writing;
        await secondTotal.last(totalIs(next - 1));
        const { position } = changesOf(firstChanges).at(-1)!;
        const resumed = await changes(second, position);
        if (engine === 'postgres' && method === 'log') {
          // What was changed while nobody read the log is not known.
          await until(() => secondChanges.isComplete, 30_000);
          expect(secondChanges.answers.at(-1)!.errors).toMatchObject([
            { extensions: { code: 'unavailable' } },
          ]);
          expect(resumed.answers.at(-1)!.errors).toMatchObject([{ extensions: { code: 'not-found' } }]);
          return;
        }
        await until(() => changesOf(secondChanges).length >= next - 1, 30_000);
        expect(idsOf(secondChanges)).toEqual(upTo(next - 1));
        const rest = next - 1 - changesOf(firstChanges).length;
        await until(() => changesOf(resumed).length >= rest, 30_000);
        expect([...idsOf(firstChanges), ...idsOf(resumed)]).toEqual(upTo(next - 1));
      }, 180_000);

      test('a reading process that stands still is replaced; when it goes on it tells nothing stale, and follows', async () => {
        const reading = running.at(-1)!;
        const other = await start('other');
        const [readingTotal, otherTotal] = [await total(reading), await total(other)];
        const [readingChanges, otherChanges] = [await changes(reading), await changes(other)];
        const first = next;
        await insert();
        for (const one of [readingChanges, otherChanges])
          await until(() => idsOf(one).includes(first), 30_000);

        reading.signal('SIGSTOP');
        const stoppedAt = performance.now();
        let isWriting = true;
        const writing = (async () => {
          for (; isWriting; await sleep(50)) await insert();
        })();
        const told = otherTotal.answers.length;
        await until(() => otherTotal.answers.length > told, 60_000);
        process.stderr.write(
          `${engine} ${method}: the other process went on ${Math.round(performance.now() - stoppedAt)} ms after the first stood still\n`,
        );
        const until20 = next + 20;
        await until(() => next > until20, 30_000);
        reading.signal('SIGCONT');
        await until(() => next > until20 + 20, 30_000);
        isWriting = false;
        await writing;
        for (const one of [readingTotal, otherTotal]) await one.last(totalIs(next - 1));
        await insert();
        for (const one of [readingTotal, otherTotal]) await one.last(totalIs(next - 1));
        // No change comes twice or out of order, and none is left out: where changes are missing, the subscription has ended.
        for (const one of [readingChanges, otherChanges]) {
          const isWhole = () => idsOf(one).at(-1) === next - 1;
          await until(() => isWhole() || one.isComplete, 30_000);
          const ids = idsOf(one);
          expect(ids).toEqual(upTo(first + ids.length - 1, first));
          if (!isWhole()) expect([engine, method]).toEqual(['postgres', 'log']);
        }
        // A position of either process is known to both.
        const { position } = changesOf(otherChanges).at(-1)!;
        if (otherChanges.isComplete) return;
        const last = next;
        for (const foz of [reading, other]) {
          const resumed = await changes(foz, position);
          await insert();
          await until(() => idsOf(resumed).includes(last), 30_000);
        }
      }, 240_000);
    }),
  );
