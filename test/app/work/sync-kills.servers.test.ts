import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JobStore, openStore, SyncStore } from '../../../src/store/index.ts';
import { Serving } from '../../cli/serving.ts';
import { Dice } from '../../conformance/dice.ts';
import { type StorePlace, storePlace } from '../../store/place.ts';
import { type Connection, connect } from '../../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { describeEngines } from '../../support/engines.ts';
import { pause, until } from '../../support/wait.ts';
import { SyncedTables } from './synced-tables.ts';

/** How often a process is killed. `npm run soak -- sync` does it more often. */
const kills = Number(process.env.FOZ_SYNC_KILLS ?? 4);
const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const env = {
  FOZ_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  NO_COLOR: '1',
  FOZ_LOG_LEVEL: process.env.FOZ_TEST_LOG ?? 'info',
};
/** Milliseconds that a condition may take on a busy machine: a killed process is declared dead after some seconds. */
const patience = 240_000;

/**
 * Two processes with one store keep two pairs of tables in step, one pair in one direction and one in both, and are killed at random moments, also
 * while the tables are copied at first. The other process goes on before the killed one is started again. In the end the tables agree by
 * the rule, and no write is lost. `FOZ_SEED=7 FOZ_SYNC_KILLS=100` for more.
 */
describeEngines(['postgres'], () => {
  let shop: TestDatabase;
  let crm: TestDatabase;
  let tables: SyncedTables;
  let place: StorePlace;
  let store: Connection;
  const running: (Serving | null)[] = [];
  /** The names under which processes claim jobs, by the index of the process. */
  const workers = new Map<string, number>();
  /** Kills of a process that worked on a sync, after which the other process has gone on. */
  let takenOver = 0;
  const [dice, changes] = [0, 1].map((more) => new Dice(seed + more)) as [Dice, Dice];

  beforeAll(async () => {
    place = await storePlace('postgres');
    [shop, crm] = [await freshDatabase('postgres', 'shop'), await freshDatabase('mariadb', 'shop')];
    tables = await SyncedTables.open(shop, crm);
    const sides = (name: string) => ({
      left: { source: 'shop', table: name },
      right: { source: 'crm', table: name },
    });
    const config = {
      store: { url: place.url },
      server: { graphiql: false },
      sources: [
        { name: 'shop', kind: 'postgres', url: shop.location },
        { name: 'crm', kind: 'mariadb', url: crm.location },
      ],
      metadata: {
        tables: [],
        syncs: [
          { name: 'oneway', ...sides('oneway'), key: ['id'], columns: ['name', 'stamp'] },
          {
            ...{
              name: 'both',
              direction: 'both',
              ...sides('both_ways'),
              key: ['id'],
              columns: ['name', 'stamp'],
            },
            conflict: { rule: 'latest', left: 'stamp', right: 'stamp' },
          },
        ],
      },
    };
    for (const name of ['one', 'two']) {
      mkdirSync(join(place.folder, name));
      writeFileSync(join(place.folder, name, 'foz.yaml'), JSON.stringify(config));
    }
    await begin();
    store = await connect('postgres', place.url!);
    for (const at of [0, 1]) {
      await open(at);
      await learn(at);
    }
  }, 240_000);
  afterAll(async () => {
    await Promise.all(running.map((foz) => foz?.kill()));
    await store?.close();
    await tables?.close();
    for (const database of [shop, crm]) await database?.drop();
    await place?.drop();
  });

  /** Has the syncs wait, so that their first copy begins when both processes run. */
  async function begin(): Promise<void> {
    const opened = openStore(place);
    await opened.open();
    const syncs = new SyncStore(opened, new JobStore(opened));
    await syncs.use(['oneway', 'both']);
    for (const name of ['oneway', 'both']) await syncs.ask(name, { paused: true });
    await opened.close();
  }

  async function open(at: number): Promise<void> {
    running[at] = await Serving.start(join(place.folder, ['one', 'two'][at]!), { env });
  }

  /** Notes the name of a process that was just started. */
  async function learn(at: number): Promise<void> {
    await until(async () => {
      const rows = await store.query('select id from foz.job_workers');
      const fresh = rows.map(({ id }) => String(id)).filter((id) => !workers.has(id));
      for (const id of fresh) workers.set(id, at);
      return fresh.length > 0;
    }, patience);
  }

  /** The processes that work on a sync. */
  async function holders(): Promise<number[]> {
    const rows = await store.query(
      `select distinct worker from foz.jobs where queue like 'sync:%' and worker is not null`,
    );
    return rows.flatMap(({ worker }) => workers.get(String(worker)) ?? []);
  }

  /** Kills one process, mostly one that works on a sync, or both. Those that are left go on before it is started again. */
  async function kill(): Promise<number> {
    const known = await holders();
    const victims = dice.chance(20)
      ? [0, 1]
      : [known.length > 0 && dice.chance(80) ? dice.pick(known) : dice.whole(2)];
    for (const at of victims) {
      running[at]!.mustLive();
      await running[at]!.kill();
      running[at] = null;
    }
    if (victims.length === 1) {
      if (known.includes(victims[0]!)) takenOver++;
      running[1 - victims[0]!]!.mustLive();
      await tables.goOn(patience);
    }
    for (const at of victims) {
      await open(at);
      await learn(at);
    }
    return victims.length;
  }

  /** How far the syncs, the log of changes and the readers of the source are, and what the processes say. */
  async function failed(): Promise<void> {
    const rows = async (text: string) => JSON.stringify(await store.query(text));
    console.error(
      `seed ${seed}: the state of a failed run`,
      await rows('select name, state, problem, progress from foz.syncs'),
      await rows('select * from foz.sync_problems limit 20'),
      await rows('select source, position, number, used_at, now() from foz.change_sources'),
      await rows('select * from pg_replication_slots where slot_name like $$foz%$$'),
      await rows(
        'select pid, query, state, query_start from pg_stat_activity where datname = current_database()',
      ),
      running.map((foz) => foz?.log.slice(-6_000)),
    );
  }

  test(
    `seed ${seed}: ${kills} kills leave tables that agree by the rule, and lose nothing`,
    async () => {
      try {
        await run();
      } catch (error) {
        await failed();
        throw error;
      }
    },
    240_000 + 60_000 * kills,
  );

  async function run(): Promise<void> {
    let isEnding = false;
    let count = 0;
    const writing = (async () => {
      while (!isEnding) {
        await tables.write(changes);
        await pause(20 + changes.whole(60));
      }
    })();
    await store.execute('update foz.syncs set paused = false');
    let withinCopy = 0;
    for (let goal = 0; count < kills / 3 || (withinCopy === 0 && count < kills); ) {
      // Where the copy has ended, the rows are taken away, and it begins anew.
      if ((await tables.copied()) >= tables.rows) {
        await tables.empty();
        await store.execute(`update foz.syncs set compare = true where name = 'oneway'`);
        goal = 0;
      }
      goal = Math.max(goal, await tables.copied()) + 1 + dice.whole(tables.rows / 2);
      await until(async () => (await tables.copied()) >= Math.min(goal, tables.rows), patience);
      if ((await tables.copied()) < tables.rows) withinCopy++;
      count += await kill();
    }
    while (count < kills) {
      await pause(dice.whole(400));
      count += await kill();
    }
    isEnding = true;
    await writing;
    await tables.goOn(patience);
    await until(async () => (await tables.differences()).length === 0, patience).catch(() => {});
    expect({ seed, differences: await tables.differences() }).toEqual({ seed, differences: [] });
    expect({ seed, lost: await tables.lost() }).toEqual({ seed, lost: [] });
    expect(await store.query('select * from foz.sync_problems')).toEqual([]);
    expect({ seed, hasKilledWithinCopy: withinCopy > 0, takenOver: takenOver > 0 }).toEqual({
      ...{ seed, hasKilledWithinCopy: true, takenOver: true },
    });
    for (const foz of running) foz!.mustLive();
  }
});
