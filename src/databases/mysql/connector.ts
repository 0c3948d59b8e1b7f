import type { Connector } from '../../plan/index.ts';
import { sqlConnector } from '../../sql/index.ts';
import { mysqlChanges } from './changes/index.ts';
import { mysqlDialect } from './dialect.ts';
import { type DriverVariant, mysqlDriver } from './driver.ts';
import { mysqlNative } from './native.ts';
import { type MysqlOptions, settingsOf } from './options.ts';
import type { DialectVariant } from './variant.ts';

/** A connector to a MySQL or MariaDB server. Does not connect yet; throws TypeError for an invalid URL. */
export function mysqlConnector(
  options: MysqlOptions,
  variant: DriverVariant,
  dialect: DialectVariant,
): Connector {
  const settings = settingsOf(options, variant);
  const { url } = options.changes ?? {};
  const direct = url === undefined ? settings : settingsOf({ ...options, connection: url }, variant);
  const driver = mysqlDriver(settings, variant);
  return sqlConnector({
    engine: variant.engine,
    dialect: mysqlDialect(dialect),
    driver,
    changes: mysqlChanges(direct, driver),
    native: mysqlNative,
  });
}
