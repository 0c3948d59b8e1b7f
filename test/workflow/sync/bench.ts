import { pino } from 'pino';
import { type Started, start } from '../../../src/main.ts';
import { JobStore, type StoredSync, type SyncProblem, SyncStore } from '../../../src/store/index.ts';
import { type StorePlace, storePlace } from '../../store/place.ts';
import { type Connection, connect } from '../../support/connect.ts';
import { CuttableProxy } from '../../support/cuttable-proxy.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { until } from '../../support/wait.ts';

export type SyncEngine = 'postgres' | 'mariadb' | 'sqlite';
export type Row = Readonly<Record<string, unknown>>;

/** Milliseconds that a condition may take on a busy machine. */
export const patience = 60_000;
export const secret = 'a secret of some length';

const types = {
  postgres: { amount: 'numeric(12, 2)', at: 'timestamp(6)' },
  mariadb: { amount: 'decimal(12, 2)', at: 'datetime(6)' },
  sqlite: { amount: 'decimal(12, 2)', at: 'timestamp' },
} as const;

/** One of the two databases of a sync, with a client of its own. */
export class Side {
  readonly engine: SyncEngine;
  readonly table: string;
  readonly database: TestDatabase;
  readonly client: Connection;
  readonly proxy: CuttableProxy | null;
  #url = '';

  private constructor(
    engine: SyncEngine,
    table: string,
    database: TestDatabase,
    client: Connection,
    proxy: CuttableProxy | null,
  ) {
    this.engine = engine;
    this.table = table;
    this.database = database;
    this.client = client;
    this.proxy = proxy;
  }

  static async open(engine: SyncEngine, table: string): Promise<Side> {
    const database = await freshDatabase(engine, 'shop');
    const client = await connect(engine, database.location);
    const proxy = engine === 'sqlite' ? null : new CuttableProxy(database.location);
    const { amount, at } = types[engine];
    await client.execute(
      `create table ${table} (id integer primary key, name varchar(100) not null, amount ${amount}, note varchar(100), stamp bigint not null default 0, at ${at})`,
    );
    if (engine === 'sqlite') await client.execute('pragma busy_timeout = 20000');
    if (engine === 'postgres') await client.execute(`create publication foz for table ${table}`);
    const side = new Side(engine, table, database, client, proxy);
    if (proxy !== null) side.#url = await proxy.open();
    return side;
  }

  get source() {
    const name = this.table;
    return this.proxy === null
      ? { name, kind: this.engine, path: this.database.location }
      : { name, kind: this.engine, url: this.#url };
  }

  async rows(): Promise<Row[]> {
    const rows = await this.client.query(
      `select id, name, amount, note, stamp from ${this.table} order by id`,
    );
    return rows.map((row) => ({
      ...row,
      id: Number(row.id),
      stamp: Number(row.stamp),
      amount: row.amount === null ? null : Number(row.amount),
    }));
  }

  write(text: string): Promise<unknown> {
    return this.client.execute(text.replaceAll('$t', this.table));
  }

  /** Inserts or updates a row, as somebody else than Foz. */
  put(id: number, name: string, stamp: number): Promise<unknown> {
    const set = `name = '${name}', stamp = ${stamp}`;
    const end =
      this.engine === 'mariadb' ? `on duplicate key update ${set}` : `on conflict (id) do update set ${set}`;
    return this.write(`insert into $t (id, name, stamp) values (${id}, '${name}', ${stamp}) ${end}`);
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.proxy?.cut();
    await this.database.drop();
  }
}

/** Two databases, and a Foz that keeps a table of each in step. */
export class SyncBench {
  readonly left: Side;
  readonly right: Side;
  readonly place: StorePlace;
  readonly #syncs: readonly object[];
  foz: Started | null = null;

  private constructor(left: Side, right: Side, place: StorePlace, syncs: readonly object[]) {
    this.left = left;
    this.right = right;
    this.place = place;
    this.#syncs = syncs;
  }

  static async open(
    left: SyncEngine,
    right: SyncEngine,
    kind: 'pglite' | 'postgres',
    sync: object,
  ): Promise<SyncBench> {
    const sides = [await Side.open(left, 'shop'), await Side.open(right, 'crm')] as const;
    const place = await storePlace(kind);
    const definition = {
      ...{ name: 'customers', key: ['id'], columns: ['name', 'amount', 'note', 'stamp'] },
      ...{ left: { source: 'shop', table: 'shop' }, right: { source: 'crm', table: 'crm' } },
      ...sync,
    };
    return new SyncBench(...sides, place, [definition]);
  }

  async start(): Promise<Started> {
    const { place, left, right } = this;
    const config = {
      state: place.folder,
      store: place.url === undefined ? {} : { url: place.url },
      server: { port: 0, graphiql: false },
      auth: { admin_secrets: [secret] },
      sources: [left.source, right.source],
      metadata: { tables: [], syncs: this.#syncs },
    };
    this.foz = await start(config as unknown as Parameters<typeof start>[0], {
      logger: pino({ level: process.env.FOZ_TEST_LOG ?? 'silent' }),
    });
    return this.foz;
  }

  /** Has the triggers of an outbox made where a database has no log. */
  async setUp(): Promise<void> {
    if (this.left.engine !== 'sqlite' && this.right.engine !== 'sqlite') return;
    for (const side of [this.left, this.right]) {
      if (side.engine !== 'sqlite') continue;
      const { registry, graphs } = this.foz!.attached;
      const tables = graphs.catalog.sources
        .get(side.table as never)!
        .tables.filter(({ name }) => name === side.table);
      const offers = await registry
        .named(side.table)
        .connector.changes!.offers(tables, new AbortController().signal);
      for (const text of offers.find(({ method }) => method === 'triggers')!.setup) await side.write(text);
    }
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.foz?.close(0);
    this.foz = null;
  }

  get store(): SyncStore {
    const { store } = this.foz!.plane!;
    return new SyncStore(store, new JobStore(store));
  }

  /** Asks the control API. Rejects where it answers with an error. */
  async control<T = Record<string, unknown>>(query: string): Promise<T> {
    const response = await fetch(`${this.foz!.url}control/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = (await response.json()) as { data: T; errors?: readonly object[] };
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  }

  async status(): Promise<StoredSync | null> {
    return this.store.read('customers');
  }

  problems(): Promise<readonly SyncProblem[]> {
    return this.store.problemsAfter('customers', '', 100);
  }

  /** Resolves once the sync has compared the tables and follows them. */
  following(): Promise<void> {
    return this.until(async () => (await this.status())?.state === 'following');
  }

  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    try {
      await until(holds, patience);
    } catch (error) {
      const [left, right] = [await this.left.rows(), await this.right.rows()];
      const state = this.foz === null ? null : [await this.status(), await this.problems()];
      throw new Error(
        `${(error as Error).message}\n${JSON.stringify({ state, left, right }, null, 1).slice(0, 6_000)}`,
      );
    }
  }

  /** Resolves once the tables are equal, and stay so while nobody writes. */
  async inStep(): Promise<Row[]> {
    await this.until(async () => {
      const [left, right] = [await this.left.rows(), await this.right.rows()];
      return JSON.stringify(left) === JSON.stringify(right);
    });
    return this.left.rows();
  }

  async close(): Promise<void> {
    await this.stop();
    await this.left.close();
    await this.right.close();
    await this.place.drop();
  }
}
