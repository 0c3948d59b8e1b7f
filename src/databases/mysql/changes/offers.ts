import { type EndSignal, FozError } from '../../../core/index.ts';
import type { ChangedTable, ChangeOffer } from '../../../plan/index.ts';
import { connect, rowsOf } from '../connect.ts';
import { toFozError } from '../errors.ts';
import type { Settings } from '../options.ts';
import type { Engine } from '../supported.ts';
import { statusQuery } from './dump.ts';
import { within } from './hidden-types.ts';

type Ask = (text: string) => Promise<readonly (readonly unknown[])[]>;

/** A setting of the server, and the value that it must have. */
interface Needed {
  readonly name: string;
  readonly is: (value: string) => boolean;
  readonly value: string;
  readonly why: string;
}

const needed: readonly Needed[] = [
  {
    name: 'binlog_format',
    is: (value) => value === 'ROW',
    value: "'ROW'",
    why: 'changed rows are only in the binlog with ROW',
  },
  {
    name: 'binlog_row_image',
    is: (value) => value === 'FULL',
    value: "'FULL'",
    why: 'only FULL has all columns of a changed row',
  },
  {
    name: 'binlog_row_metadata',
    is: (value) => value === 'FULL',
    value: "'FULL'",
    why: 'only FULL has the names and character sets of columns',
  },
  {
    name: 'binlog_transaction_compression',
    is: (value) => value === 'OFF',
    value: 'off',
    why: 'compressed transactions cannot be read',
  },
  {
    name: 'binlog_row_value_options',
    is: (value) => value === '',
    value: "''",
    why: 'parts of JSON documents (PARTIAL_JSON) cannot be read',
  },
];

const otherNames = ['log_bin', 'gtid_mode', 'innodb_native_foreign_keys'] as const;

/** An offer with those of the given tables of which the stream does not report every change; also what is no table. */
export type BinlogOffer = ChangeOffer & { readonly unseen: readonly ChangedTable[] };

/**
 * Checks the server, the rights of the user and the tables for reading the binlog. The connection is a new one: older ones keep the
 * rights that the user had before. Rejects with FozError.
 */
export async function binlogOffer(
  settings: Settings,
  tables: readonly ChangedTable[],
  signal: EndSignal,
): Promise<BinlogOffer> {
  const { client } = await connect(settings).catch((error) => {
    throw toFozError(error, 'connect');
  });
  const ask: Ask = (text) =>
    rowsOf(client, text).catch((error) => {
      throw toFozError(error);
    });
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () =>
      reject(new FozError('timeout', 'The changes of the database were not asked for any longer.'));
  });
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([offerOf(ask, settings, tables), stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
    // An answer that is still awaited never comes then.
    client.destroy();
  }
}

async function offerOf(
  ask: Ask,
  { engine, database }: Settings,
  tables: readonly ChangedTable[],
): Promise<BinlogOffer> {
  const names = [...otherNames, ...needed.map(({ name }) => name)].map((name) => `'${name}'`);
  const variables = new Map(
    (await ask(`show global variables where variable_name in (${names.join(', ')})`)).map(([name, value]) => [
      String(name),
      String(value),
    ]),
  );
  const obstacles: string[] = [];
  const setup: string[] = [];
  if (variables.get('log_bin') !== 'ON')
    obstacles.push('The server writes no binlog: start it with log_bin (and a server_id of its own).');
  for (const { name, is, value, why } of needed) {
    const found = variables.get(name);
    if (found === undefined || is(found)) continue;
    obstacles.push(`${name} is "${found}": ${why}. ${lasting[engine].hint}`);
    setup.push(`set ${lasting[engine].scope} ${name} = ${value}`);
  }
  const missing = await missingRights(ask, engine, variables);
  if (missing.length > 0) {
    obstacles.push(`The user lacks the right ${missing.join(' and the right ')}.`);
    setup.push(`grant ${missing.join(', ')} on *.* to ${await userName(ask)}`);
  }
  const logged = await loggedTables(ask, database);
  const isLogged = (table: ChangedTable) => logged.has(tableKey(table));
  const gaps = await cascades(ask, engine, variables, tables.filter(isLogged));
  const incomplete = new Set(gaps.map(({ table }) => table));
  const unseen = tables.filter((table) => !isLogged(table) || incomplete.has(table));
  return { method: 'replication', grain: 'rows', obstacles, setup, gaps, unseen };
}

function tableKey({ namespace, name }: ChangedTable): string {
  return JSON.stringify([namespace, name]);
}

/** The tables that are followed, and whose rows are in the binlog: those of the database, and no views. */
async function loggedTables(ask: Ask, database: string | null): Promise<ReadonlySet<string>> {
  const rows = await ask(`select table_schema, table_name from information_schema.tables
    where table_type in ('BASE TABLE', 'SYSTEM VERSIONED')${within('table_schema', database)}`);
  return new Set(
    rows.map(([namespace, name]) => tableKey({ namespace: String(namespace), name: String(name) })),
  );
}

/** How a setting is changed, and what people have to do besides. */
const lasting = {
  mysql: { scope: 'persist', hint: 'Sessions that are open keep the old value.' },
  mariadb: {
    scope: 'global',
    hint: "Sessions that are open keep the old value, and the server's configuration file must have the new one, too.",
  },
} as const;

/** The rights that the user lacks. Rights may come by roles, so those of MySQL are tried, since no list has them all. */
async function missingRights(
  ask: Ask,
  engine: Engine,
  variables: ReadonlyMap<string, string>,
): Promise<string[]> {
  if (engine === 'mariadb') {
    const grants = (await ask('show grants')).map(([text]) => String(text));
    const isThere = grants.some((grant) =>
      /^GRANT (?:ALL PRIVILEGES|.*\bREPLICATION SLAVE\b).* ON \*\.\* TO /.test(grant),
    );
    return isThere ? [] : ['replication slave'];
  }
  const [[version] = []] = await ask('select version()');
  const [major = 0, minor = 0, patch = 0] = String(version).split(/[.-]/).map(Number);
  const isNew = major > 8 || minor > 0 || patch >= 22;
  const missing = (await isDenied(ask, isNew ? 'show replicas' : 'show slave hosts'))
    ? ['replication slave']
    : [];
  // Without GTIDs the stream begins at the end of the present file, which is a right of its own to ask for.
  const isByFile = variables.get('gtid_mode') !== 'ON' && variables.get('log_bin') === 'ON';
  if (isByFile && (await isDenied(ask, statusQuery(String(version))))) missing.push('replication client');
  return missing;
}

async function isDenied(ask: Ask, text: string): Promise<boolean> {
  try {
    await ask(text);
    return false;
  } catch (error) {
    if (error instanceof FozError && error.code === 'access-denied') return true;
    throw error;
  }
}

/** `'user'@'host'` */
async function userName(ask: Ask): Promise<string> {
  const [[user] = []] = await ask('select current_user()');
  const at = String(user).lastIndexOf('@');
  return [String(user).slice(0, at), String(user).slice(at + 1)]
    .map((part) => `'${part.replaceAll("'", "''")}'`)
    .join('@');
}

/** Rules of foreign keys by which the server changes rows itself. */
const cascading = `select constraint_schema, table_name, referenced_table_name from information_schema.referential_constraints
  where delete_rule in ('CASCADE', 'SET NULL', 'SET DEFAULT') or update_rule in ('CASCADE', 'SET NULL', 'SET DEFAULT')`;

/**
 * Tables whose rows are changed by foreign keys. MariaDB's storage engine does this below the binlog; so did MySQL's until 9.6, from
 * where on the setting innodb_native_foreign_keys says it.
 */
async function cascades(
  ask: Ask,
  engine: Engine,
  variables: ReadonlyMap<string, string>,
  tables: readonly ChangedTable[],
): Promise<ChangeOffer['gaps']> {
  if (engine === 'mysql' && variables.get('innodb_native_foreign_keys') === 'OFF') return [];
  const parents = new Map<string, string>();
  for (const [namespace, name, parent] of await ask(cascading))
    parents.set(tableKey({ namespace: String(namespace), name: String(name) }), String(parent));
  return tables.flatMap((table) => {
    const parent = parents.get(tableKey(table));
    if (parent === undefined) return [];
    const reason = `Rows that a foreign key changes or deletes (on delete, on update) with a row of "${parent}" are not in the binlog.`;
    return [{ table, reason }];
  });
}
