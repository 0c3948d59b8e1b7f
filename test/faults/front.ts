import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { FozConfig } from '../../src/control/index.ts';
import { parseSourceName } from '../../src/core/index.ts';
import { type Started, start } from '../../src/main.ts';
import type { SourceConfig } from '../../src/views/index.ts';
import { connect } from '../support/connect.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { testEngines } from '../support/engine/index.ts';
import { type Engine, isServer } from '../support/engines.ts';
import { pause, until } from '../support/wait.ts';

/** An answer of the endpoint. `code`: that of its first error. */
export interface Reply {
  readonly status: number;
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
  readonly code: unknown;
}

/** A database that Foz serves, with a connection of the test's own. */
export interface Behind {
  readonly engine: Engine;
  readonly config: SourceConfig;
  /** The proxy between Foz and the database; `null`: the database is embedded. */
  readonly proxy: CuttableProxy | null;
  /** Runs statements one by one on the test's connection; on PGlite, which only one process may open, on Foz's. */
  run(...statements: readonly string[]): Promise<void>;
  /** Rows as text: `1:one 2:two`. */
  rows(query: string): Promise<string>;
  /** The number of transactions that Foz has open, as the database reports it. */
  transactions(): Promise<number>;
  close(): Promise<void>;
}

/** A fresh database with these tables. `name`: of the source; `max`: connections of its pool. */
export async function behind(
  engine: Engine,
  setUp: readonly string[],
  { name = 'shop', max = 2 }: { readonly name?: string; readonly max?: number } = {},
): Promise<Behind> {
  const database = await freshDatabase(engine, 'shop');
  if (engine === 'pglite') {
    await database.use(async (own) => own.execute(setUp.join(';\n')));
    return embedded(database, name);
  }
  const own = await connect(engine, database.location);
  for (const statement of setUp) await own.execute(statement);
  const proxy = isServer(engine) ? new CuttableProxy(database.location) : null;
  const config: SourceConfig = {
    name,
    kind: engine,
    ...(proxy === null ? { path: database.location } : { url: await proxy.open(), pool: { max } }),
  };
  return {
    engine,
    config,
    proxy,
    async run(...statements) {
      for (const statement of statements) await own.execute(statement);
    },
    rows: async (query) => textOf((await own.query(query)).map((row) => Object.values(row))),
    async transactions() {
      const query = testEngines[engine].openTransactions;
      return query === null ? 0 : Number((await own.query(query))[0]!.n);
    },
    async close() {
      await proxy?.cut();
      await own.close();
      await database.drop();
    },
  };
}

const textOf = (rows: readonly (readonly unknown[])[]) => rows.map((row) => row.join(':')).join(' ');

/** Only Foz may open a PGlite folder, so the test inspects it through Foz's connection. */
function embedded(database: TestDatabase, name: string): Behind {
  const runner = () => fronts.get(name)!.attached.registry.sources.find((source) => source.name === name)!;
  const rows = async (text: string) => {
    const context = { signal: new AbortController().signal, timeoutMs: null };
    return (await runner().connector.run({ text, slots: [] }, [], context)).rows;
  };
  return {
    engine: 'pglite',
    config: { name, kind: 'pglite', path: database.location },
    proxy: null,
    async run(...statements) {
      for (const statement of statements) await rows(statement);
    },
    rows: async (query) => textOf(await rows(query)),
    // The time of the database stands still within a transaction.
    transactions: async () => {
      const now = async () => textOf(await rows('select extract(epoch from now())'));
      const before = await now();
      await pause(2);
      return before === (await now()) ? 1 : 0;
    },
    close: () => database.drop(),
  };
}

const fronts = new Map<string, Started>();

/** Foz serving these databases. */
export interface Front {
  readonly server: Started;
  ask(query: string, variables?: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Reply>;
  /** Waits until all connections of the pools are idle. */
  idle(): Promise<void>;
  /** Introspects a source again, so that the graph matches its tables. */
  refresh(name?: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts Foz over databases, on a free port. */
export async function front(sources: readonly Behind[], more: Partial<FozConfig> = {}): Promise<Front> {
  // The state folder is private, since names stored by another test would apply to these tables.
  const state = await mkdtemp(join(tmpdir(), 'foz-front-'));
  const server = await start(
    {
      state,
      ...more,
      server: { port: 0, graphiql: false, ...more.server },
      sources: sources.map(({ config }) => config),
    },
    { logger: pino({ level: 'silent' }) },
  );
  for (const { config } of sources) fronts.set(config.name, server);
  const { registry } = server.attached;
  return {
    server,
    async ask(query, variables = {}, signal) {
      const response = await fetch(`${server.url}graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
        ...(signal === undefined ? {} : { signal }),
      });
      const answer = (await response.json()) as Omit<Reply, 'code' | 'status'>;
      return { ...answer, status: response.status, code: answer.errors?.[0]?.extensions.code };
    },
    idle: () =>
      until(() =>
        registry.sources.every(({ connector }) => {
          const { size, idle, waiting } = connector.pool();
          return idle === size && waiting === 0;
        }),
      ),
    refresh: async (name = 'shop') => void (await registry.refresh(parseSourceName(name)!)),
    async close() {
      await server.close(0);
      await rm(state, { recursive: true, force: true });
    },
  };
}
