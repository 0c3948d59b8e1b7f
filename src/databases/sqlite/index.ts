import type { Connector } from '../../plan/index.ts';
import { sqlConnector } from '../../sql/index.ts';
import { sqliteChanges } from './changes.ts';
import { sqliteDialect } from './dialect.ts';
import { sqliteDriver } from './driver.ts';
import { sqliteNative } from './native.ts';
import { resolveOptions, type SqliteOptions } from './options.ts';

export { sqliteDialect } from './dialect.ts';
export type { SqliteOptions } from './options.ts';

/** A connector to one SQLite file. Nothing is opened before the first use; a missing file is `unavailable` then. */
export function connectSqlite(options: SqliteOptions): Connector {
  const resolved = resolveOptions(options);
  const driver = sqliteDriver(resolved);
  return sqlConnector({
    engine: 'sqlite',
    dialect: sqliteDialect,
    driver,
    changes: sqliteChanges(resolved, driver),
    native: sqliteNative,
  });
}
