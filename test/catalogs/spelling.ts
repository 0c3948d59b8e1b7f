import type { Engine } from '../support/engines.ts';
import type { Kind, Value } from './content.ts';

/** How an engine's scripts are written; independent of what the product itself knows. */
export interface Spelling {
  /** Whose table definitions it reads: `<catalog>/<ddl>.sql`. */
  readonly ddl: 'postgres' | 'mysql' | 'mariadb' | 'sqlite';
  name(text: string): string;
  literal(value: Value, kind: Kind): string;
  /** What stands between the columns and the values of an insert, so that identity columns can be given. */
  readonly overriding: string;
  /** Lets the next row without a value of the counted column get `last` + 1. */
  counter(table: string, column: string, last: number): string;
  /** The statements as one unit that foreign keys do not look at. */
  unchecked(statements: readonly string[]): string[];
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const hex = (base64: Value) => Buffer.from(String(base64), 'base64').toString('hex');
const asTime = (text: Value) => String(text).replace('T', ' ').replace('+00:00', '');

function literals(of: Partial<Record<Kind, (value: Value) => string>>, text: (value: string) => string) {
  const bare = new Set<Kind>(['integer', 'decimal', 'float']);
  return (value: Value, kind: Kind) => {
    if (value === null) return 'null';
    const own = of[kind];
    if (own) return own(value);
    return bare.has(kind) ? String(value) : text(String(value));
  };
}

const postgres: Spelling = {
  ddl: 'postgres',
  name: (text) => `"${text.replaceAll('"', '""')}"`,
  literal: literals({ boolean: String, bytes: (value) => `'\\x${hex(value)}'` }, quoted),
  overriding: ' overriding system value',
  counter: (table, column, last) =>
    `select setval(pg_get_serial_sequence(${quoted(postgres.name(table))}, ${quoted(column)}), ${last});`,
  unchecked: (statements) => [
    'begin;',
    'set local session_replication_role = replica;',
    ...statements,
    'commit;',
  ],
};

const mysql: Spelling = {
  ddl: 'mysql',
  name: (text) => `\`${text.replaceAll('`', '``')}\``,
  literal: literals(
    {
      boolean: String,
      bytes: (value) => `x'${hex(value)}'`,
      timestamp: (value) => `'${asTime(value)}'`,
      timestamptz: (value) => `'${asTime(value)}'`,
    },
    (text) => quoted(text.replaceAll('\\', '\\\\')),
  ),
  overriding: '',
  counter: (table, _column, last) => `alter table ${mysql.name(table)} auto_increment = ${last + 1};`,
  unchecked: (statements) => [
    "set time_zone = '+00:00', foreign_key_checks = 0;",
    ...statements,
    'set foreign_key_checks = 1;',
  ],
};

const sqlite: Spelling = {
  ddl: 'sqlite',
  name: postgres.name,
  literal: literals(
    {
      boolean: (value) => (value ? '1' : '0'),
      bytes: (value) => `x'${hex(value)}'`,
      // As current_timestamp spells it, so that all values of a column compare as text.
      timestamp: (value) => `'${asTime(value)}'`,
      timestamptz: (value) => `'${asTime(value)}'`,
    },
    quoted,
  ),
  overriding: '',
  counter: (table, _column, last) =>
    `update sqlite_sequence set seq = ${last} where name = ${quoted(table)};`,
  unchecked: (statements) => [
    'pragma foreign_keys = off;',
    'begin;',
    ...statements,
    'commit;',
    'pragma foreign_keys = on;',
  ],
};

/** The spelling of every engine that tests know. */
export const spellings = {
  postgres,
  pglite: postgres,
  mysql,
  mariadb: { ...mysql, ddl: 'mariadb' },
  sqlite,
} satisfies Record<Engine, Spelling>;
