import { createConnection } from 'mysql2/promise';
import { serverUrl } from '../engines.ts';
import type { ServerEngine } from '../servers/index.ts';
import {
  asTime,
  at,
  type Connection,
  hex,
  literals,
  notOurs,
  type Place,
  quoted,
  type Spelling,
  type TestEngine,
  using,
} from './record.ts';

export const mysqlSpelling: Spelling = {
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
  counter: (table, _column, last) => `alter table ${mysqlSpelling.name(table)} auto_increment = ${last + 1};`,
  unchecked: (statements) => [
    "set time_zone = '+00:00', foreign_key_checks = 0;",
    ...statements,
    'set foreign_key_checks = 1;',
  ],
  same: '<=>',
  generatedKey: 'integer auto_increment primary key',
  wideKey: 'bigint unsigned',
  decimal: 'decimal(40,10)',
  document: 'json',
  enumOf: ({ labels }) => ({ before: '', type: `enum(${labels.join(', ')})` }),
  longText: 'longtext',
  repeated: (length) => `repeat('x', ${length})`,
};

export const connectMysql = async (url: string): Promise<Connection> => {
  const connection = await createConnection({
    uri: url,
    multipleStatements: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
  });
  return {
    execute: async (script) => void (await connection.query(script)),
    query: async (text) => (await connection.query(text))[0] as Record<string, unknown>[],
    close: () => connection.end(),
  };
};

/** A database is a namespace here, so its name matters. A separate database records what is loaded. */
export const onMysql = (engine: ServerEngine): Place => ({
  async shared({ catalog, script, print }) {
    const url = serverUrl(engine);
    await using(connectMysql, url, async (admin) => {
      await admin.query(`select get_lock('foz_${catalog}', 60)`);
      await admin.execute(`create database if not exists foz_loaded;
        create table if not exists foz_loaded.prints (name varchar(64) primary key, print varchar(20) not null)`);
      const found = await admin.query(`select print from foz_loaded.prints where name = '${catalog}'`);
      if (found[0]?.print === print) return;
      const there = await admin.query(`show databases like '${catalog}'`);
      if (there.length > 0 && found.length === 0) throw notOurs(catalog, url);
      await admin.execute(`replace into foz_loaded.prints values ('${catalog}', 'unfinished')`);
      await load(url, script, catalog);
      await admin.execute(`replace into foz_loaded.prints values ('${catalog}', '${print}')`);
    });
    return { location: at(url, catalog), drop: async () => {} };
  },
  async fresh({ script }, name) {
    const url = serverUrl(engine);
    await load(url, script, name);
    const drop = () =>
      using(connectMysql, url, (admin) => admin.execute(`drop database if exists \`${name}\``));
    return { location: at(url, name), drop };
  },
});

async function load(url: string, script: string, name: string): Promise<void> {
  await using(connectMysql, url, (admin) =>
    admin.execute(`drop database if exists \`${name}\`; create database \`${name}\`; use \`${name}\`;
      ${script}`),
  );
}

/** Counts the open transactions of the database. `schema`: where the process list is read. */
export const openTransactions = (schema: string) =>
  `select count(*) as n from information_schema.innodb_trx t join ${schema}.processlist p
  on p.id = t.trx_mysql_thread_id where p.db = database() and p.id <> connection_id()`;

export const mysql: TestEngine = {
  spelling: mysqlSpelling,
  place: onMysql('mysql'),
  connect: connectMysql,
  namespaceOf: (_, name) => name,
  partner: 'postgres',
  // The process list of information_schema fails while a statement with a text beyond utf8mb3 runs on any connection.
  openTransactions: openTransactions('performance_schema'),
  exactTexts: false,
};
