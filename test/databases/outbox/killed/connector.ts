import { connectMariadb } from '../../../../src/databases/mariadb/index.ts';
import { connectMysql } from '../../../../src/databases/mysql/index.ts';
import { connectPostgres } from '../../../../src/databases/postgres/index.ts';
import { connectSqlite } from '../../../../src/databases/sqlite/index.ts';
import type { Connector } from '../../../../src/plan/index.ts';

/** A connector to the database of a test. */
export function connectorTo(engine: string, location: string): Connector {
  switch (engine) {
    case 'sqlite':
      return connectSqlite({ file: location });
    case 'mysql':
      return connectMysql({ connection: location });
    case 'mariadb':
      return connectMariadb({ connection: location });
    default:
      return connectPostgres({ connection: location });
  }
}
