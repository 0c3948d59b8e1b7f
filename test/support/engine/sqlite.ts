import { copyFileSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import { sqliteDialect } from '../../../src/databases/sqlite/index.ts';
import { inFiles } from './in-files.ts';
import { asTime, type Connection, hex, literals, quoted, type Spelling, type TestEngine } from './record.ts';

const spelling: Spelling = {
  ddl: 'sqlite',
  name: (text) => `"${text.replaceAll('"', '""')}"`,
  literal: literals(
    {
      boolean: (value) => (value ? '1' : '0'),
      bytes: (value) => `x'${hex(value)}'`,
      // In the format of current_timestamp, so that all values of a column compare as text.
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
  same: 'is',
  generatedKey: 'integer primary key',
  wideKey: 'bigint',
  decimal: 'numeric',
  document: 'json',
  enumOf: ({ column, labels }) => ({
    before: '',
    type: `varchar(60) check (${column} in (${labels.join(', ')}))`,
  }),
  longText: 'text',
  repeated: (length) => `replace(hex(zeroblob(${length / 2})), '0', 'x')`,
};

const connect = async (file: string): Promise<Connection> => {
  const database = new DatabaseSync(file);
  return {
    execute: async (script) => database.exec(script),
    query: async (text) => {
      const statement = database.prepare(text);
      statement.setReadBigInts(true);
      return statement.all() as Record<string, unknown>[];
    },
    close: async () => database.close(),
  };
};

export const sqlite: TestEngine = {
  spelling,
  place: inFiles('sqlite', connect, { copy: copyFileSync, shareable: true }),
  connect,
  namespaceOf: () => null,
  partner: 'postgres',
  openTransactions: null,
  dialect: sqliteDialect,
  exactTexts: true,
};
