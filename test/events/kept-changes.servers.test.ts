import { pino } from 'pino';
import { type Started, start } from '../../src/main.ts';
import { onServer, type StorePlace, storePlace } from '../store/place.ts';
import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';
const admin = { 'x-foz-admin-secret': secret };

interface Change {
  readonly op: string;
  readonly new: { readonly id: number; readonly title: string } | null;
  readonly position: string;
}

/** The engines, where their changes are read (in a log, or in an outbox that triggers fill), and the kind of the store. */
const methods = [
  ['postgres', 'log', 'postgres'],
  ['mariadb', 'log', 'postgres'],
  ['mysql', 'log', 'postgres'],
  ['postgres', 'outbox', 'pglite'],
] as const;

for (const [engine, method, kind] of methods)
  describeEngines([engine], () =>
    describe(`${method}, with a log in the store (${kind})`, () => {
      let database: TestDatabase;
      let client: Connection;
      let place: StorePlace;
      let foz: Started;
      const open = async (keep?: object) => {
        const changes = keep === undefined ? {} : { changes: { keep } };
        foz = await start(
          {
            state: place.folder,
            store: place.url === undefined ? {} : { url: place.url },
            server: { port: 0, graphiql: false },
            auth: { admin_secrets: [secret] },
            sources: [{ name: 'shop', kind: engine, url: database.location, ...changes }],
            metadata: {
              tables: [
                { source: 'shop', table: 'moves' },
                { source: 'shop', table: 'others' },
              ],
            },
          } as Parameters<typeof start>[0],
          { logger: pino({ level: 'silent' }) },
        );
      };
      beforeAll(async () => {
        place = await storePlace(kind);
        database = await freshDatabase(engine, 'shop');
        client = await connect(engine, database.location);
        for (const name of ['moves', 'others'])
          await client.execute(`create table ${name} (id integer primary key, title varchar(200) not null)`);
        if (engine === 'postgres' && method === 'log')
          await client.execute('create publication foz for table moves, others');
        await open();
        if (method !== 'outbox') return;
        const { registry, graphs } = foz.attached;
        const { tables } = [...graphs.catalog.sources.values()][0]!;
        const { connector } = registry.named('shop');
        const offers = await connector.changes!.offers(tables, new AbortController().signal);
        for (const text of offers.find((offer) => offer.method === 'triggers')!.setup)
          await client.execute(text);
      }, 120_000);
      afterAll(async () => {
        await client?.close();
        await foz?.close(0);
        await database?.drop();
        await place?.drop();
      });

      const subscribe = (table: string, after: string | null = null) =>
        Subscriber.open(
          foz.url,
          {
            query: `subscription ($after: String) { ${table}_changes(after: $after, batch_size: 2) { op new { id title } position } }`,
            variables: { after },
          },
          admin,
        );
      const changesOf = ({ answers }: Subscriber): Change[] =>
        answers.flatMap(({ data }) =>
          data === undefined || data === null ? [] : (Object.values(data)[0] as Change[]),
        );
      const idsOf = (subscriber: Subscriber) => changesOf(subscriber).map((change) => change.new?.id);
      const insert = (id: number, table = 'moves', title = `row ${id}`) =>
        client.execute(`insert into ${table} values (${id}, '${title}')`);
      const restart = async () => {
        await foz.close(0);
        await open();
      };

      test('a subscriber goes on behind its position after a restart', async () => {
        const first = await subscribe('moves');
        await first.count(1);
        for (const id of [1, 2, 3, 4]) await insert(id);
        await until(() => changesOf(first).length === 4, 30_000);
        const [, second] = changesOf(first);
        first.close();
        await restart();
        // Rows that nobody has read when Foz was away.
        if (method === 'log' && engine === 'postgres') {
          await insert(5);
          const later = await subscribe('moves', second!.position);
          const [answer] = await later.count(1);
          expect(answer!.errors).toMatchObject([{ extensions: { code: 'not-found' } }]);
          await until(() => later.isComplete, 30_000);
          return;
        }
        await foz.close(0);
        await insert(5);
        await insert(6);
        await open();
        const later = await subscribe('moves', second!.position);
        await until(() => changesOf(later).length >= 4 || later.isOver, 30_000);
        await insert(7);
        await until(() => changesOf(later).length >= 5 || later.isOver, 30_000);
        expect(idsOf(later)).toEqual([3, 4, 5, 6, 7]);
        // Positions stay the same, whoever reads them.
        const [third] = changesOf(later);
        expect(third!.position).toBe(changesOf(first)[2]!.position);
        later.close();
      }, 120_000);

      if (kind === 'postgres')
        test('a store that is lost for a moment costs no change, and is written to again', async () => {
          const listener = await subscribe('others');
          await listener.count(1);
          await insert(1, 'others');
          await until(() => idsOf(listener).length === 1, 30_000);
          const kept = async () => {
            const [row] = await onServer(
              place.url!,
              `select position from foz.change_sources where source = 'shop' and number > 0`,
            );
            return row?.position ?? null;
          };
          await until(async () => (await kept()) !== null, 30_000);
          const before = await kept();
          await onServer(
            place.url!,
            `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
          );
          for (const id of [2, 3, 4]) await insert(id, 'others');
          await until(() => idsOf(listener).length === 4, 30_000);
          // The log begins anew at some later transaction.
          let id = 4;
          await until(async () => {
            await insert(++id, 'others');
            return (await kept()) !== before;
          }, 30_000);
          await until(() => idsOf(listener).length === id, 30_000);
          expect(idsOf(listener)).toEqual(Array.from({ length: id }, (_, at) => at + 1));
          listener.close();
        }, 120_000);
    }),
  );
