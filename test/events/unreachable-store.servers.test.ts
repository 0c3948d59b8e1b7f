import { join } from 'node:path';
import { pino } from 'pino';
import { type Started, start } from '../../src/main.ts';
import { type StorePlace, storePlace } from '../store/place.ts';
import { type Connection, connect } from '../support/connect.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';
const admin = { 'x-foz-admin-secret': secret };

describeEngines(['postgres'], () =>
  describe('two processes whose store is lost for a while', () => {
    let database: TestDatabase;
    let client: Connection;
    let place: StorePlace;
    let proxy: CuttableProxy;
    const running: Started[] = [];
    const subscribers: Subscriber[] = [];
    beforeAll(async () => {
      place = await storePlace('postgres');
      proxy = new CuttableProxy(place.url!);
      const url = await proxy.open();
      database = await freshDatabase('postgres', 'shop');
      client = await connect('postgres', database.location);
      await client.execute('create table moves (id integer primary key)');
      await client.execute('create publication foz for table moves');
      for (const name of ['first', 'second'])
        running.push(
          await start(
            {
              state: join(place.folder, name),
              store: { url },
              server: { port: 0, graphiql: false },
              auth: { admin_secrets: [secret] },
              audit: false,
              sources: [{ name: 'shop', kind: 'postgres', url: database.location }],
              metadata: { tables: [{ source: 'shop', table: 'moves' }] },
            } as Parameters<typeof start>[0],
            { logger: pino({ level: 'silent' }) },
          ),
        );
    }, 120_000);
    afterAll(async () => {
      for (const subscriber of subscribers) subscriber.close();
      for (const foz of running) await foz.close(0);
      await proxy?.cut();
      await client?.close();
      await database?.drop();
      await place?.drop();
    }, 60_000);

    const readers = async () => {
      const [row] = await client.query(
        `select count(*) as n from pg_stat_activity where backend_type = 'walsender' and datname = current_database()`,
      );
      return Number(row!.n);
    };
    const countIs = (count: number) => ({ moves_aggregate: { aggregate: { count } } });

    test('each reads the source by itself meanwhile, and one for both afterwards', async () => {
      for (const { url } of running) {
        const query = 'subscription { moves_aggregate { aggregate { count } } }';
        const subscriber = await Subscriber.open(url, { query }, admin);
        subscribers.push(subscriber);
        await subscriber.count(1);
      }
      const insert = async (id: number) => {
        await client.execute(`insert into moves values (${id})`);
        for (const subscriber of subscribers) await subscriber.last(countIs(id));
      };
      await insert(1);
      expect(await readers()).toBe(1);
      await proxy.cut();
      await until(async () => (await readers()) === 2, 60_000);
      await insert(2);
      await insert(3);
      await proxy.open();
      let count = 3;
      await until(async () => {
        await insert(++count);
        return (await readers()) === 1;
      }, 60_000);
      await insert(++count);
    }, 180_000);
  }),
);
