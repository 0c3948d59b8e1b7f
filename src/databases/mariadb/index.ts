import type { Connector } from '../../plan/index.ts';
import { type MysqlOptions, mariadbQueries, mysqlConnector } from '../mysql/index.ts';
import { mariadbVariant } from './variant.ts';

export type { MysqlOptions as MariadbOptions } from '../mysql/index.ts';

/** A connector to MariaDB 10.11 or later. Does not connect yet; throws TypeError for an invalid URL. */
export function connectMariadb(options: MysqlOptions): Connector {
  const variant = {
    engine: 'mariadb',
    charset: 'UTF8MB4_UNICODE_CI',
    isolationVariable: 'tx_isolation',
    queries: mariadbQueries,
  } as const;
  return mysqlConnector(options, variant, mariadbVariant);
}
