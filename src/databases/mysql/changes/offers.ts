import { type EndSignal, FozError } from '../../../core/index.ts';
import type { ChangedTable, ChangeOffer } from '../../../plan/index.ts';
import { connect, rowsOf } from '../connect.ts';
import { toFozError } from '../errors.ts';
import type { Settings } from '../options.ts';
import type { Ask } from './ask.ts';
import { ignores, missingRights, userName } from './offer-rights.ts';
import { cascades, loggedTables, tableKey } from './offer-tables.ts';

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

/** An offer of the binlog. `unseen`: given tables for which the stream does not report every change; views are among them. */
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
    // A pending query never settles after this.
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
  if (await ignores(ask, engine, database))
    obstacles.push(
      'The server leaves the database out of its binlog: see binlog_do_db and binlog_ignore_db in its configuration.',
    );
  const logged = await loggedTables(ask, database);
  const isLogged = (table: ChangedTable) => logged.has(tableKey(table));
  const gaps = await cascades(ask, engine, variables, tables.filter(isLogged));
  const incomplete = new Set(gaps.map(({ table }) => table));
  const unseen = tables.filter((table) => !isLogged(table) || incomplete.has(table));
  return { method: 'replication', grain: 'rows', obstacles, setup, gaps, unseen, warnings: [] };
}

/** How a setting is changed for good, and a hint on its effect. */
const lasting = {
  mysql: { scope: 'persist', hint: 'Sessions that are open keep the old value.' },
  mariadb: {
    scope: 'global',
    hint: "Sessions that are open keep the old value, and the server's configuration file must have the new one, too.",
  },
} as const;
