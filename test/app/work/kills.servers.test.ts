import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Serving } from '../../cli/serving.ts';
import { Dice } from '../../conformance/dice.ts';
import { closeReceivers, type Receiver, receiver } from '../../outbound/receivers.ts';
import { type StorePlace, storePlace } from '../../store/place.ts';
import { type Connection, connect } from '../../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { describeEngines } from '../../support/engines.ts';
import { pause, until } from '../../support/wait.ts';
import { Told } from './told.ts';

/** How often a process is killed. `npm run soak -- work` does it more often. */
const kills = Number(process.env.FOZ_WORK_KILLS ?? 10);
const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const adminSecret = 'a-secret-of-some-length';
const env = { FOZ_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), NO_COLOR: '1' };
/** Rows that are written. Each is a key of the trigger `ordered`. */
const rows = 12;
/** Milliseconds that a condition may take on a busy machine: a killed process is declared dead after some seconds. */
const patience = 120_000;

/**
 * Two processes with one store deliver the changes of a table to a receiver that counts, and are killed at random moments, some times both:
 * each event arrives at least once, always under the same id, and those of a key in their order. `FOZ_SEED=7 FOZ_WORK_KILLS=100` for more.
 */
describeEngines(['postgres'], (engine) => {
  let database: TestDatabase;
  let writer: Connection;
  let place: StorePlace;
  let target: Receiver;
  const told = new Told();
  const running: (Serving | null)[] = [];
  const [dice, answers, changes] = [0, 1, 2].map((more) => new Dice(seed + more)) as [Dice, Dice, Dice];

  beforeAll(async () => {
    place = await storePlace('postgres');
    database = await freshDatabase(engine, 'shop');
    writer = await connect(engine, database.location);
    await writer.execute('create table counted (id integer primary key, n integer not null)');
    await writer.execute('alter table counted replica identity full');
    await writer.execute('create publication foz for table counted');
    target = await receiver((_request, response) => {
      const { url, body, headers } = target.requests.pop()!;
      const event = JSON.parse(body);
      const { id, n } = event.event.data.new;
      // One of ten attempts is refused, so that there are pending ones at each kill.
      const isAccepted = !answers.chance(10);
      told.add(url.slice(1), { id, n, event: String(headers['webhook-id']), isAccepted });
      setTimeout(() => response.writeHead(isAccepted ? 200 : 503).end(), answers.whole(8));
    });
    const trigger = (name: string, more: object) => ({
      ...{ name, definition: { insert: {}, update: { columns: ['n'] } } },
      webhook: `http://127.0.0.1:${target.port}/${name}`,
      retry_conf: { num_retries: 1_000, interval_sec: 0.05, timeout_sec: 10 },
      breaker: { failures: 1_000 },
      ...more,
    });
    const config = {
      store: { url: place.url },
      server: { graphiql: false },
      auth: { admin_secrets: [adminSecret] },
      outbound: { allow: ['127.0.0.1'] },
      sources: [{ name: 'shop', kind: engine, url: database.location }],
      metadata: {
        tables: [
          {
            ...{ source: 'shop', table: 'counted' },
            event_triggers: [trigger('ordered', { key: ['id'] }), trigger('free', {})],
          },
        ],
      },
    };
    for (const name of ['one', 'two']) {
      mkdirSync(join(place.folder, name));
      writeFileSync(join(place.folder, name, 'foz.yaml'), JSON.stringify(config));
    }
    await Promise.all([0, 1].map(open));
  }, 240_000);
  afterAll(async () => {
    await Promise.all(running.map((foz) => foz?.kill()));
    await writer?.execute(
      'select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database() and not active',
    );
    await writer?.close();
    await database?.drop();
    await place?.drop();
    await closeReceivers();
  });

  async function open(at: number): Promise<void> {
    running[at] = await Serving.start(join(place.folder, ['one', 'two'][at]!), { env });
  }

  /** What a process says about its triggers, and the end of its log. */
  async function stateOf(foz: Serving | null) {
    const query = '{ eventTriggers { name problem following pending dead gapAt gapReason } }';
    const answer = await foz!.post('control/graphql', { 'x-foz-admin-secret': adminSecret }, { query });
    return `${answer.text}\n${foz!.log.slice(-6_000)}`;
  }

  test(
    `seed ${seed}: ${kills} kills lose no event, and neither change its id nor the order of a key`,
    async () => {
      // Changes are delivered from the moment on at which the trigger is followed: rows beyond the first ones tell when that is.
      let first = 1_000;
      await until(async () => {
        await writer.execute(`insert into counted values (${++first}, 0)`);
        await pause(100);
        return ['ordered', 'free'].every((name) => told.count(name) > 0);
      }, patience);
      const written = new Map<number, number>();
      let isEnding = false;
      const writing = (async () => {
        while (!isEnding) {
          const id = 1 + changes.whole(rows);
          const n = (written.get(id) ?? -1) + 1;
          await writer.execute(
            n === 0
              ? `insert into counted values (${id}, 0)`
              : `update counted set n = ${n} where id = ${id}`,
          );
          written.set(id, n);
          await pause(20 + changes.whole(60));
        }
      })();
      const starts = [Promise.resolve(), Promise.resolve()];
      for (let count = 0; count < kills; ) {
        const goal = told.total + 3 + dice.whole(20);
        await until(() => told.total > goal, patience);
        await pause(dice.whole(200));
        const victims = dice.chance(20) ? [0, 1] : [dice.whole(2)];
        count += victims.length;
        for (const at of victims) {
          await starts[at];
          const victim = running[at]!;
          victim.mustLive();
          running[at] = null;
          await victim.kill();
          starts[at] = open(at);
        }
      }
      await Promise.all(starts);
      isEnding = true;
      await writing;
      const isWhole = () => ['ordered', 'free'].every((name) => told.missing(name, written).length === 0);
      await until(isWhole, patience).catch(async () => {
        console.error(`seed ${seed}: the state of a failed run`, await Promise.all(running.map(stateOf)));
      });
      for (const name of ['ordered', 'free'])
        expect({ seed, name, missing: told.missing(name, written), twoIds: told.ambiguous(name) }).toEqual({
          ...{ seed, name },
          missing: [],
          twoIds: [],
        });
      expect({ seed, disorder: told.disorder('ordered') }).toEqual({ seed, disorder: [] });
      for (const foz of running) foz!.mustLive();
    },
    240_000 + 15_000 * kills,
  );
});
