import type { Connector } from '../../plan/index.ts';
import { sqlConnector } from '../../sql/index.ts';
import { mysqlDialect, mysqlDifference } from './dialect.ts';
import { MysqlDriver } from './driver.ts';
import { introspector, mysqlChecks } from './introspect.ts';
import type { MysqlOptions } from './options.ts';

// What a variant shares: only its differences are its own.
export { exact } from './compare.ts';
export { type Difference, mysqlDialect } from './dialect.ts';
export { MysqlDriver } from './driver.ts';
export { type IntrospectDifference, introspector } from './introspect.ts';
export type { MysqlOptions } from './options.ts';
export { bindText, bindValue } from './values.ts';

/** A connector to one MySQL database. Does not connect yet; throws TypeError for a URL that is none or names no database. */
export function connectMysql(options: MysqlOptions): Connector {
  return sqlConnector({
    engine: 'mysql',
    dialect: mysqlDialect(mysqlDifference),
    driver: new MysqlDriver(options, introspector(mysqlChecks)),
  });
}
