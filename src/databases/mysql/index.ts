import type { Connector } from '../../plan/index.ts';
import { mysqlConnector } from './connector.ts';
import { mysqlVariant } from './dialect.ts';
import type { MysqlOptions } from './options.ts';
import { mysqlQueries } from './queries.ts';

// Used by the MariaDB connector.
export { mysqlConnector } from './connector.ts';
export { mysqlDialect } from './dialect.ts';
export type { MysqlOptions } from './options.ts';
export { mariadbQueries } from './queries.ts';
export type { DialectVariant } from './variant.ts';

/** A connector to MySQL 8 or 9. Does not connect yet; throws TypeError for an invalid URL. */
export function connectMysql(options: MysqlOptions): Connector {
  const variant = {
    engine: 'mysql',
    charset: 'UTF8MB4_0900_AI_CI',
    isolationVariable: 'transaction_isolation',
    queries: mysqlQueries,
  } as const;
  return mysqlConnector(options, variant, mysqlVariant);
}
