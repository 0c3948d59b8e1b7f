import knexPackage, { type Knex } from 'knex';
import type { FozError } from '../core/index.ts';
import { EmbeddedPool } from './pglite/pool.ts';
import { embeddedFolder } from './place.ts';

/** An open connection pool to the store's database. */
export interface StoreConnection {
  readonly db: Knex;
  /** Opens a separate connection of the `pg` package for notifications; `null`: embedded, so no other process can write. */
  readonly listener: (() => Promise<ListenConnection>) | null;
  /** FozError `unavailable` when the folder of an embedded store was removed or replaced since it was opened. Takes some microseconds. */
  lost(): FozError | null;
  close(): Promise<void>;
}

/** The part of a `pg` connection that is needed for notifications. */
export interface ListenConnection {
  /** The id of the server's process, as the server reported it when the connection was opened. */
  readonly processID?: number | null;
  on(event: 'notification' | 'end' | 'error', listener: (...given: unknown[]) => void): unknown;
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
}

/** Creates the pool. It connects at the first statement. */
export function connectStore(url: string | undefined, folder: string): StoreConnection {
  return url === undefined ? embedded(embeddedFolder(folder)) : server(url);
}

/**
 * Without this, knex would log to the console, sometimes whole stacks, although it throws the errors as well. Errors
 * contain the statement without its values, since some are hashes of keys.
 */
const quiet = {
  log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  compileSqlOnError: false,
} satisfies Knex.Config;

function embedded(folder: string): StoreConnection {
  const pool = new EmbeddedPool(folder);
  const db = knexPackage({ client: 'pg', connectionPool: pool, ...quiet });
  return {
    db,
    listener: null,
    lost: () => pool.lost(),
    close: async () => {
      await pool.end();
      await db.destroy();
    },
  };
}

function server(url: string): StoreConnection {
  const settings = {
    connectionString: url,
    application_name: 'foz store',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  };
  const db = knexPackage({
    client: 'pg',
    connection: { ...settings, query_timeout: 15_000, statement_timeout: 14_000 } as Knex.PgConnectionConfig,
    pool: { min: 0, max: 5, idleTimeoutMillis: 30_000 },
    acquireConnectionTimeout: 8_000,
    ...quiet,
  });
  return {
    db,
    listener: () => db.client.acquireRawConnection(),
    lost: () => null,
    close: () => db.destroy(),
  };
}
