import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { connectPostgres } from '../../../src/databases/postgres/index.ts';
import { connectSqlite } from '../../../src/databases/sqlite/index.ts';
import type { ChangeMessage, ChangeStream, Connector } from '../../../src/plan/index.ts';
import { connect } from '../../support/connect.ts';
import type { Engine } from '../../support/engines.ts';
import { connectTo, Fixture as MysqlFixture } from '../mysql/support.ts';
import { inProcess, onServer, patient } from '../postgres/support.ts';

/** A client of the database itself. */
export interface Writer {
  execute(text: string): Promise<void>;
  close(): Promise<void>;
}

/** An empty database of one engine. */
export interface Fixture {
  readonly connector: Connector;
  readonly namespace: string | null;
  /** Its URL or file; empty: in memory. */
  readonly location: string;
  /** Another connector to the same database; absent: only one process can have it open. */
  readonly second?: () => Connector;
  /** Another client; on PGlite the connector itself. */
  writer(): Promise<Writer>;
  drop(): Promise<void>;
}

export const outboxEngines = [
  'postgres',
  'pglite',
  'sqlite',
  'mysql',
  'mariadb',
] as const satisfies readonly Engine[];
export type OutboxEngine = (typeof outboxEngines)[number];

async function mysqlDatabase(engine: 'mysql' | 'mariadb'): Promise<Fixture> {
  const made = await MysqlFixture.open(engine);
  return {
    connector: made.connector,
    namespace: made.name,
    location: made.url,
    second: () => connectTo(engine, { connection: made.url }),
    writer: async () => {
      const connection = await connect(engine, made.url);
      const depth = engine === 'mysql' ? 'cte_max_recursion_depth' : 'max_recursive_iterations';
      // Standard SQL, as the other engines take it.
      const modes = "concat(@@sql_mode, ',ANSI_QUOTES,NO_BACKSLASH_ESCAPES')";
      await connection.execute(`set ${depth} = 100000, sql_mode = ${modes}`);
      return { execute: (text) => connection.execute(text), close: () => connection.close() };
    },
    drop: () => made.close(),
  };
}

/** The table of stored changes. */
export function changesTable({ connector, namespace }: Pick<Fixture, 'connector' | 'namespace'>): string {
  const isSchema = namespace !== null && !/^(?:mysql|mariadb)$/.test(connector.engine);
  return isSchema ? 'foz_outbox.changes' : 'foz_outbox';
}

/** `first`: a statement that runs in a new SQLite file before any other. */
export async function databaseOf(engine: OutboxEngine, first?: string): Promise<Fixture> {
  if (engine === 'sqlite') return sqliteFile(first);
  if (engine === 'pglite') {
    const { connector, script, drop } = await inProcess();
    const writer = async () => ({ execute: script, close: async () => {} });
    return { connector, namespace: 'public', location: '', writer, drop };
  }
  if (engine === 'mysql' || engine === 'mariadb') return mysqlDatabase(engine);
  const { connector, url, drop } = await onServer();
  return {
    connector,
    namespace: 'public',
    location: url,
    second: () => connectPostgres({ connection: url }),
    writer: async () => {
      const connection = await connect('postgres', url);
      return { execute: (text) => connection.execute(text), close: () => connection.close() };
    },
    drop,
  };
}

async function sqliteFile(first?: string): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'foz-outbox-'));
  const file = join(folder, 'shop.db');
  if (first !== undefined) {
    const made = new DatabaseSync(file);
    made.exec(`${first}; create table made (id integer primary key)`);
    made.close();
  }
  const connector = connectSqlite({ file, create: true });
  await connector.run({ text: 'select 1', slots: [] }, [], patient);
  return {
    connector,
    namespace: null,
    location: file,
    second: () => connectSqlite({ file }),
    async writer() {
      const database = new DatabaseSync(file, { timeout: 5000, enableForeignKeyConstraints: true });
      return { execute: async (text) => database.exec(text), close: async () => database.close() };
    },
    async drop() {
      await connector.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Makes the outbox, and triggers on these tables. */
export async function setUp(
  { connector, namespace }: Pick<Fixture, 'connector' | 'namespace'>,
  ...names: string[]
): Promise<void> {
  const tables = names.map((name) => ({ namespace, name }));
  const offers = await connector.changes!.offers(tables, patient.signal);
  for (const text of offers.find(({ method }) => method === 'triggers')!.setup)
    await connector.run({ text, slots: [] }, [], patient);
}

/** Reads messages until the rows of them are so many, and acknowledges whole batches. */
export async function readRows(
  stream: ChangeStream,
  rows: number,
  isAcknowledged = true,
): Promise<Extract<ChangeMessage, { kind: 'row' }>[]> {
  const found: Extract<ChangeMessage, { kind: 'row' }>[] = [];
  let isWithin = false;
  while (found.length < rows || isWithin)
    for (const message of await stream.next(AbortSignal.timeout(30_000))) {
      isWithin = message.kind !== 'commit';
      if (message.kind === 'row') found.push(message);
      if (message.kind === 'commit' && isAcknowledged) stream.acknowledge(message.position);
    }
  return found;
}
