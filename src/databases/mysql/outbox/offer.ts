import type { ChangedTable, ChangeOffer, LeftOver } from '../../../plan/index.ts';
import { outboxName, readsName } from '../../../sql/index.ts';
import type { Ask } from '../changes/ask.ts';
import { within } from '../changes/hidden-types.ts';
import { cascadeParents, loggedTables, tableKey } from '../changes/offer-tables.ts';
import { quoted } from '../literal.ts';
import { isFollowed } from '../namespaces.ts';
import type { Settings } from '../options.ts';
import { type StoredColumn, storedColumn } from './columns.ts';
import { type OutboxNames, outboxNamesOf, quotedName } from './names.ts';
import { creation } from './statements.ts';
import { isTriggerOf, type Trigger, triggersFor, unseenOf } from './triggers.ts';

interface FoundTrigger {
  readonly namespace: string;
  readonly name: string;
}

/** A table with the triggers that it needs, and those of an outbox that it has. */
interface TableState {
  readonly table: ChangedTable;
  readonly missing: readonly Trigger[];
  readonly outdated: readonly FoundTrigger[];
  /** The reason why some of its changes are not stored; `null`: all are. */
  readonly reason: string | null;
}

/** Checks the outbox and the triggers of the tables. Rejects with FozError. */
export async function outboxOffer(
  ask: Ask,
  settings: Pick<Settings, 'database'>,
  tables: readonly ChangedTable[],
): Promise<ChangeOffer> {
  const names = outboxNamesOf(settings);
  const exists = await hasOutbox(ask, names);
  const states = await statesOf(ask, settings, names, tables);
  const isBare = ({ missing }: TableState) => missing.length > 0;
  const seen = new Set(
    states.filter((state) => !isBare(state) && state.reason === null).map(({ table }) => table),
  );
  return {
    method: 'triggers',
    grain: 'rows',
    obstacles: exists
      ? await unreadable(ask, names)
      : [
          'There is no outbox in the database: "foz changes setup" makes one with "--method triggers".',
          ...(await refusals(ask)),
        ],
    setup: [
      ...(exists ? [] : creation(names)),
      ...states.flatMap(({ outdated }) => outdated.map(dropped)),
      ...states.flatMap(({ missing }) => missing.map(({ statement }) => statement)),
      ...(exists ? states.filter(isBare).map(({ table }) => unseenOf(names, table)) : []),
    ],
    gaps: states.flatMap(({ table, missing, reason }) => {
      if (!exists) return [];
      if (reason !== null) return [{ table, reason }];
      if (missing.length === 0) return [];
      return [
        {
          table,
          reason:
            'It has no triggers that fill the outbox, or outdated ones, or the user may not see them (the right TRIGGER).',
        },
      ];
    }),
    unseen: tables.filter((table) => !seen.has(table)),
    warnings: [],
  };
}

const dropped = ({ namespace, name }: FoundTrigger) =>
  `drop trigger ${quotedName(namespace)}.${quotedName(name)}`;

async function hasOutbox(ask: Ask, { namespace }: OutboxNames): Promise<boolean> {
  const rows = await ask(`select table_name from information_schema.tables
    where table_schema = ${quoted(namespace)} and table_name in ('${outboxName}', '${readsName}')`);
  return rows.length === 2;
}

/** The reason why the server will refuse to create triggers. Rights that a user has through a role may be missed. */
async function refusals(ask: Ask): Promise<string[]> {
  const variables = await ask(
    `show global variables where variable_name in ('log_bin', 'log_bin_trust_function_creators')`,
  );
  const isOn = new Map(variables.map(([name, value]) => [String(name), String(value) === 'ON']));
  if (isOn.get('log_bin') !== true || isOn.get('log_bin_trust_function_creators') === true) return [];
  const grants = (await ask('show grants')).map(([text]) => String(text));
  if (grants.some((grant) => /^GRANT (?:ALL PRIVILEGES|.*\bSUPER\b).* ON \*\.\* TO /.test(grant))) return [];
  return [
    'The server writes a binlog, so only a user with the right SUPER may create triggers, or any user after "set global log_bin_trust_function_creators = 1".',
  ];
}

async function unreadable(ask: Ask, { changes, reads }: OutboxNames): Promise<string[]> {
  try {
    await ask(`select 1 from ${changes}, ${reads} limit 0`);
    return [];
  } catch {
    return ['The user may not read the outbox of the database.'];
  }
}

async function statesOf(
  ask: Ask,
  { database }: Pick<Settings, 'database'>,
  names: OutboxNames,
  tables: readonly ChangedTable[],
): Promise<TableState[]> {
  const known = await loggedTables(ask, database);
  const columns = await columnsOf(ask, database);
  const triggers = await foundTriggers(ask, database, names);
  const parents = await cascadeParents(ask);
  const lasting = await transactional(ask, database);
  return tables
    .filter((table) => known.has(tableKey(table)))
    .map((table) => {
      const key = tableKey(table);
      const needed = triggersFor(names, table, columns.get(key) ?? []);
      const found = triggers.get(key) ?? [];
      const neededNames = new Set(needed.map(({ name }) => name));
      return {
        table,
        missing: needed.filter(({ name }) => !found.some((one) => one.name === name)),
        outdated: found.filter(({ name }) => !neededNames.has(name)),
        reason: reasonOf(parents.get(key), lasting.has(key)),
      };
    });
}

function reasonOf(parent: string | undefined, isTransactional: boolean): string | null {
  if (!isTransactional)
    return 'Its storage engine has no transactions, so changes may stay that the outbox lost.';
  if (parent === undefined) return null;
  return `Rows that a foreign key changes or deletes (on delete, on update) with a row of "${parent}" fire no triggers.`;
}

/** Rows (namespace, table, ...) of a query, by their table. */
async function byTable<T>(
  ask: Ask,
  text: string,
  read: (rest: readonly string[]) => T | null,
): Promise<ReadonlyMap<string, T[]>> {
  const found = new Map<string, T[]>();
  for (const [namespace, name, ...rest] of await ask(text)) {
    const key = tableKey({ namespace: String(namespace), name: String(name) });
    const one = read(rest.map(String));
    if (one === null) continue;
    const list = found.get(key);
    if (list === undefined) found.set(key, [one]);
    else list.push(one);
  }
  return found;
}

/** MariaDB's columns of row versions are left out: triggers do not see their final values. */
function columnsOf(ask: Ask, database: string | null): Promise<ReadonlyMap<string, StoredColumn[]>> {
  return byTable(
    ask,
    `select table_schema, table_name, column_name, lower(data_type), coalesce(numeric_precision, 0), coalesce(datetime_precision, 0)
    from information_schema.columns where coalesce(generation_expression, '') not in ('ROW START', 'ROW END')
    ${within('table_schema', database)} order by table_schema, table_name, ordinal_position`,
    ([name = '', dataType = '', bits = '', digits = '']) => storedColumn({ name, dataType, bits, digits }),
  );
}

function foundTriggers(
  ask: Ask,
  database: string | null,
  names: OutboxNames,
): Promise<ReadonlyMap<string, FoundTrigger[]>> {
  return byTable(
    ask,
    `select event_object_schema, event_object_table, trigger_schema, trigger_name from information_schema.triggers
    where trigger_name like '${outboxName.replaceAll('_', '\\_')}%'${within('trigger_schema', database)} order by 1, 2, 4`,
    ([namespace = '', name = '']) => (isTriggerOf(names, name) ? { namespace, name } : null),
  );
}

/** Tables whose changes are undone when their transaction is. */
async function transactional(ask: Ask, database: string | null): Promise<ReadonlySet<string>> {
  const rows = await ask(`select t.table_schema, t.table_name from information_schema.tables t
    join information_schema.engines e on e.engine = t.engine where e.transactions = 'YES'${within('t.table_schema', database)}`);
  return new Set(
    rows.map(([namespace, name]) => tableKey({ namespace: String(namespace), name: String(name) })),
  );
}

/** The outbox and its triggers that exist. */
export async function outboxLeft(ask: Ask, settings: Pick<Settings, 'database'>): Promise<LeftOver[]> {
  const names = outboxNamesOf(settings);
  const triggers = [...(await foundTriggers(ask, settings.database, names)).values()]
    .flat()
    .filter(({ namespace }) => isFollowed(namespace, settings.database));
  const rows = await ask(`select table_name from information_schema.tables
    where table_schema = ${quoted(names.namespace)} and table_name in ('${outboxName}', '${readsName}')`);
  if (rows.length === 0 && triggers.length === 0) return [];
  const tables = rows.map(
    ([name]) => `drop table ${quotedName(names.namespace)}.${quotedName(String(name))}`,
  );
  return [
    {
      what: `the outbox: ${rows.length} tables and ${triggers.length} triggers`,
      kind: 'outbox',
      remove: [
        ...triggers.map(dropped),
        ...(names.isOwn && rows.length > 0 ? [`drop database ${quotedName(names.namespace)}`] : tables),
      ],
    },
  ];
}
