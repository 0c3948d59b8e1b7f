import type { Connector } from '../../plan/index.ts';
import { sqlConnector } from '../../sql/index.ts';
import { sqliteDialect } from './dialect.ts';
import { sqliteDriver } from './driver.ts';
import type { SqliteOptions } from './options.ts';

export { sqliteDialect } from './dialect.ts';
export type { SqliteOptions } from './options.ts';

/** A connector to one SQLite file. Nothing is opened before the first use; a missing file is `unavailable` then. */
export function connectSqlite(options: SqliteOptions): Connector {
  return sqlConnector({ engine: 'sqlite', dialect: sqliteDialect, driver: sqliteDriver(options) });
}
