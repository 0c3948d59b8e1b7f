import type { Connector } from '../../plan/index.ts';
import { sql, sqlConnector } from '../../sql/index.ts';
import {
  bindText,
  bindValue,
  type Difference,
  exact,
  type IntrospectDifference,
  introspector,
  MysqlDriver,
  type MysqlOptions,
  mysqlDialect,
} from '../mysql/index.ts';

/** Regular expressions are PCRE: case is part of the pattern. JSON is text that is compared as JSON. */
const difference: Difference = {
  engine: 'mariadb',
  lateral: false,
  limitedUnion: true,
  returning: { insert: true, update: false, delete: true },
  regex: (negated, insensitive) => (expression, _type, param) => {
    const pattern = bindText(param, (text) => (insensitive ? `(?i)${text}` : `(?-i)${text}`));
    return sql`${exact(expression)} ${negated ? sql`not regexp` : sql`regexp`} ${pattern}`;
  },
  jsonEquals: (expression, _type, param) => sql`json_equals(${expression}, ${bindValue(param)})`,
};

const checks: IntrospectDifference = {
  engine: 'mariadb',
  checks:
    'select TABLE_NAME, CHECK_CLAUSE from information_schema.CHECK_CONSTRAINTS where CONSTRAINT_SCHEMA = ?',
  jsonByCheck: true,
  nullDefault: 'NULL',
};

/** A connector to one MariaDB database (10.6 or newer). Does not connect yet; throws TypeError for a URL that is none or names no database. */
export function connectMariadb(options: MysqlOptions): Connector {
  return sqlConnector({
    engine: 'mariadb',
    dialect: mysqlDialect(difference),
    driver: new MysqlDriver(options, introspector(checks)),
  });
}
