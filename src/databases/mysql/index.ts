import type { Connector } from '../../plan/index.ts';
import { sqlConnector } from '../../sql/index.ts';
import { mysqlDialect, mysqlVariant } from './dialect.ts';
import { mysqlDriver } from './driver.ts';
import type { MysqlOptions } from './options.ts';
import { mysqlQueries } from './queries.ts';

// Used by the MariaDB connector.
export { mysqlDialect } from './dialect.ts';
export { mysqlDriver } from './driver.ts';
export type { MysqlOptions } from './options.ts';
export { mariadbQueries } from './queries.ts';
export type { DialectVariant } from './variant.ts';

/** A connector to MySQL 8 or 9. Does not connect yet; throws TypeError for an invalid URL. */
export function connectMysql(options: MysqlOptions): Connector {
  const driver = mysqlDriver(options, {
    engine: 'mysql',
    charset: 'UTF8MB4_0900_AI_CI',
    isolationVariable: 'transaction_isolation',
    queries: mysqlQueries,
  });
  return sqlConnector({ engine: 'mysql', dialect: mysqlDialect(mysqlVariant), driver });
}
