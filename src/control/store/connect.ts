import { join } from 'node:path';
import knexPackage, { type Knex } from 'knex';
import { FozError } from '../../core/index.ts';
import { EmbeddedPool } from './pglite/pool.ts';

/** An open way to the store's database. */
export interface StoreConnection {
  readonly db: Knex;
  /** A connection of its own of the `pg` package, to listen on; `null`: embedded, nobody else can write. */
  readonly listener: (() => Promise<ListenConnection>) | null;
  close(): Promise<void>;
}

/** The part of a connection of the `pg` package that listening needs. */
export interface ListenConnection {
  on(event: 'notification' | 'end' | 'error', listener: (...given: unknown[]) => void): unknown;
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
}

/** Where the embedded store stands in the state folder. */
export function embeddedFolder(folder: string): string {
  return join(folder, 'store');
}

/** Makes the connection; nothing is opened before the first statement. Throws FozError `validation-failed` for a URL that is none. */
export function connectStore(url: string | undefined, folder: string): StoreConnection {
  return url === undefined ? embedded(embeddedFolder(folder)) : server(url);
}

/** knex would write to the console, at times with whole stacks; what matters is thrown besides. */
const log = { warn() {}, error() {}, deprecate() {}, debug() {} };

function embedded(folder: string): StoreConnection {
  const pool = new EmbeddedPool(folder);
  const db = knexPackage({ client: 'pg', connectionPool: pool, log });
  return {
    db,
    listener: null,
    close: async () => {
      await pool.end();
      await db.destroy();
    },
  };
}

function server(url: string): StoreConnection {
  const settings = {
    connectionString: checkedUrl(url),
    application_name: 'foz store',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  };
  const db = knexPackage({
    client: 'pg',
    connection: { ...settings, query_timeout: 15_000, statement_timeout: 14_000 } as Knex.PgConnectionConfig,
    pool: { min: 0, max: 5, idleTimeoutMillis: 30_000 },
    acquireConnectionTimeout: 8_000,
    log,
  });
  return { db, listener: () => db.client.acquireRawConnection(), close: () => db.destroy() };
}

function checkedUrl(url: string): string {
  if (/^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new FozError(
    'validation-failed',
    'FOZ_STORE_URL (or "store.url") must be the URL of a PostgreSQL database, as postgres://user:password@host:5432/foz.',
  );
}

/** Which store is meant, for messages: never with user or password. */
export function placeOf(url: string | undefined, folder: string): string {
  if (url === undefined) return `in ${embeddedFolder(folder)}`;
  if (!URL.canParse(url)) return 'of FOZ_STORE_URL';
  const { host, pathname } = new URL(url);
  return `at ${host}${pathname}`;
}
