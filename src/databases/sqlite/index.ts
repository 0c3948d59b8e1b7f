import type { Dialect, Driver } from '../../sql/index.ts';
import { sqliteDialect } from './dialect.ts';
import { sqliteDriver } from './driver.ts';
import type { SqliteOptions } from './options.ts';

export { sqliteDialect } from './dialect.ts';
export type { SqliteOptions } from './options.ts';

/** What makes a connector of a SQLite file. Nothing is opened before the first use; then a missing file is `unavailable`. */
export function connectSqlite(options: SqliteOptions): {
  readonly engine: 'sqlite';
  readonly dialect: Dialect;
  readonly driver: Driver;
} {
  return { engine: 'sqlite', dialect: sqliteDialect, driver: sqliteDriver(options) };
}
