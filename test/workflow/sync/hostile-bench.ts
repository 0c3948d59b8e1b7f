import { pino } from 'pino';
import { type Started, start } from '../../../src/main.ts';
import { JobStore, SyncStore } from '../../../src/store/index.ts';
import { type StorePlace, storePlace } from '../../store/place.ts';
import { type Connection, connect } from '../../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { until } from '../../support/wait.ts';
import { patience, secret } from './bench.ts';
import { type HostileCase, hostileCases } from './hostile.cases.ts';

const engines = ['postgres', 'mariadb'] as const;
type SideName = 'left' | 'right';

/** One Foz with all hostile cases as syncs between a PostgreSQL and a MariaDB. */
export class HostileBench {
  readonly #databases: Readonly<Record<string, TestDatabase>>;
  readonly #clients: Readonly<Record<string, Connection>>;
  readonly #place: StorePlace;
  readonly #foz: Started;
  readonly store: SyncStore;

  private constructor(
    databases: Readonly<Record<string, TestDatabase>>,
    clients: Readonly<Record<string, Connection>>,
    place: StorePlace,
    foz: Started,
  ) {
    this.#databases = databases;
    this.#clients = clients;
    this.#place = place;
    this.#foz = foz;
    const { store } = foz.plane!;
    this.store = new SyncStore(store, new JobStore(store));
  }

  static async open(cases: readonly HostileCase[] = hostileCases): Promise<HostileBench> {
    const databases: Record<string, TestDatabase> = {};
    const clients: Record<string, Connection> = {};
    for (const engine of engines) {
      databases[engine] = await freshDatabase(engine, 'shop');
      clients[engine] = await connect(engine, databases[engine].location);
    }
    for (const one of cases)
      for (const side of ['left', 'right'] as const) {
        const { engine, columns, more, rows = [] } = one[side];
        const statements = [`create table $t (${columns})`, ...(more === undefined ? [] : [more]), ...rows];
        for (const text of statements)
          await clients[engine]!.execute(text.replaceAll('$t', tableOf(one, side)));
      }
    const published = cases.flatMap((one) =>
      (['left', 'right'] as const)
        .filter((side) => one[side].engine === 'postgres')
        .map((side) => tableOf(one, side)),
    );
    await clients.postgres!.execute(`create publication foz for table ${published.join()}`);
    const place = await storePlace('postgres');
    const config = {
      state: place.folder,
      store: { url: place.url },
      server: { port: 0, graphiql: false },
      auth: { admin_secrets: [secret] },
      sources: engines.map((engine) => ({ name: engine, kind: engine, url: databases[engine]!.location })),
      metadata: {
        tables: [],
        syncs: cases.map((one) => ({
          name: one.name,
          left: { source: one.left.engine, table: tableOf(one, 'left') },
          right: { source: one.right.engine, table: tableOf(one, 'right') },
          ...one.sync,
        })),
      },
    };
    const foz = await start(config as unknown as Parameters<typeof start>[0], {
      logger: pino({ level: process.env.FOZ_TEST_LOG ?? 'silent' }),
    });
    return new HostileBench(databases, clients, place, foz);
  }

  /** Brings a case to its end. Resolves with what the tables and the store have then. */
  async run(one: HostileCase): Promise<object> {
    await this.#until(one, async () => (await this.store.read(one.name))?.state === 'following');
    for (const side of ['left', 'right'] as const)
      for (const text of one[side].later ?? [])
        await this.#clients[one[side].engine]!.execute(text.replaceAll('$t', tableOf(one, side)));
    await this.#until(
      one,
      async () => JSON.stringify(await this.#outcome(one)) === JSON.stringify(outcomeOf(one)),
    );
    return this.#outcome(one);
  }

  /** What a repair would do. */
  async differences(name: string): Promise<readonly object[]> {
    const response = await fetch(`${this.#foz.url}control/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
      body: JSON.stringify({ query: `{ syncDifferences(name: "${name}") { entries { key action } } }` }),
    });
    const { data, errors } = (await response.json()) as {
      data: { syncDifferences: { entries: readonly object[] } };
      errors?: unknown;
    };
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data.syncDifferences.entries;
  }

  async #outcome(one: HostileCase) {
    const rows = async (side: SideName) => {
      const shown = one.shown[side];
      if (shown === undefined) return undefined;
      const text = `select ${shown} as shown from ${tableOf(one, side)}`;
      return (await this.#clients[one[side].engine]!.query(text)).map((row) => String(row.shown)).sort();
    };
    const problems = await this.store.problemsAfter(one.name, '', 100);
    return {
      left: await rows('left'),
      right: await rows('right'),
      refused: problems.map(({ key }) => key).sort(),
    };
  }

  /** Resolves once it holds, else rejects after a time and tells what is there instead. */
  async #until(one: HostileCase, holds: () => Promise<boolean>): Promise<void> {
    await until(holds, Number(process.env.HOSTILE_MS ?? patience)).catch(async (error: Error) => {
      const there = await this.#outcome(one);
      const problems = (await this.store.problemsAfter(one.name, '', 5)).map(({ key, reason }) => ({
        key: key.slice(0, 40),
        reason,
      }));
      const state = await this.store.read(one.name);
      throw new Error(
        `${error.message}\n${JSON.stringify({ there, problems, state }, null, 1).slice(0, 3_000)}`,
      );
    });
  }

  async close(): Promise<void> {
    await this.#foz.close(0);
    for (const engine of engines) {
      await this.#clients[engine]!.close();
      await this.#databases[engine]!.drop();
    }
    await this.#place.drop();
  }
}

/** What is to be there in the end. */
export function outcomeOf({ expected, refused }: HostileCase) {
  return { left: expected.left, right: expected.right, refused };
}

function tableOf({ name }: HostileCase, side: SideName): string {
  return `${name}_${side === 'left' ? 'l' : 'r'}`;
}
