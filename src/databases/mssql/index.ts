import type { Connector } from '../../plan/index.ts';
import { sqlConnector } from '../../sql/index.ts';
import { mssqlDialect } from './dialect.ts';
import { mssqlDriver } from './driver.ts';
import { type MssqlOptions, settingsOf } from './options.ts';

export { mssqlDialect } from './dialect.ts';
export type { MssqlOptions } from './options.ts';

/** A connector to SQL Server 2017 or later, or Azure SQL. Does not connect yet; throws TypeError for an invalid URL. */
export function connectMssql(options: MssqlOptions): Connector {
  return sqlConnector({
    engine: 'mssql',
    dialect: mssqlDialect,
    driver: mssqlDriver(settingsOf(options)),
  });
}
