import type { EndSignal } from '../../../core/index.ts';
import type { ChangedTable, ChangeOffer, LeftOver } from '../../../plan/index.ts';
import { type Driver, outboxName } from '../../../sql/index.ts';
import { creation, removalOfAll, triggersOf, unseenOf } from './statements.ts';

/** Whether an outbox exists, whether the user may read it, and the name of the user. */
const stateQuery = `select (to_regclass('${outboxName}.changes') is not null)::text,
  coalesce(has_schema_privilege(to_regnamespace('${outboxName}'), 'usage') and has_table_privilege(to_regclass('${outboxName}.changes'), 'select')
    and has_table_privilege(to_regclass('${outboxName}.changes'), 'delete') and has_table_privilege(to_regclass('${outboxName}.reads'), 'insert'), false)::text,
  quote_ident(current_user)`;

/** Tables, whether their trigger exists and is enabled, and the reason why some changes of the rows that a query reads do not fire it. */
const tablesQuery = `select n.nspname, c.relname,
  exists (select from pg_catalog.pg_trigger t join pg_catalog.pg_proc p on p.oid = t.tgfoid
    join pg_catalog.pg_namespace f on f.oid = p.pronamespace
    where t.tgrelid = c.oid and f.nspname = '${outboxName}' and p.proname = 'record' and t.tgtype & 1 = 1 and t.tgenabled <> 'D')::text,
  case when c.relispartition then 'partition'
    when c.relkind = 'r' and exists (select from pg_catalog.pg_inherits i where i.inhparent = c.oid) then 'inherited'
    when c.relrowsecurity then 'policies' end
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') order by n.nspname, c.relname`;

/** Reasons why some changes of a table's rows are reported under another table, or not at all. */
export const elsewhereReasons = {
  partition: 'It is a partition: its changes are those of the table that it is a part of.',
  inherited: 'Other tables inherit from it: changes of their rows are theirs.',
  policies:
    'Its policies (row level security) may read other tables, whose changes change what is seen of it.',
} as const;

/** Checks the outbox and the triggers of the tables. */
export async function outboxOffer(
  driver: Pick<Driver, 'run'>,
  tables: readonly ChangedTable[],
  signal: EndSignal,
): Promise<ChangeOffer> {
  const rows = async (text: string) =>
    (await driver.run({ text, slots: [] }, [], { signal, timeoutMs: null })).rows;
  const [exists, isReadable, user] = (await rows(stateQuery))[0]!.map(String);
  const found = new Map(
    (await rows(tablesQuery)).map(([namespace, name, has, elsewhere]) => [
      JSON.stringify([namespace, name]),
      { has: has === 'true', elsewhere: elsewhere as keyof typeof elsewhereReasons | null },
    ]),
  );
  const states = tables.flatMap((table) => {
    const state = found.get(JSON.stringify([table.namespace, table.name]));
    return state === undefined ? [] : [{ table, ...state }];
  });
  const obstacles = [
    ...(exists === 'true'
      ? []
      : ['There is no outbox in the database: "foz changes setup" makes one with "--method triggers".']),
    ...(exists === 'true' && isReadable !== 'true'
      ? ['The user may not read the outbox of the database.']
      : []),
  ];
  const bare = states.filter(({ has, elsewhere }) => !has && elsewhere !== 'partition');
  const seen = new Set(
    states.filter(({ has, elsewhere }) => has && elsewhere === null).map(({ table }) => table),
  );
  return {
    method: 'triggers',
    grain: 'rows',
    obstacles,
    setup: [
      ...(exists === 'true' ? [] : creation(user!)),
      ...bare.flatMap(({ table }) => triggersOf(table)),
      ...(exists === 'true' ? bare.map(({ table }) => unseenOf(table)) : []),
    ],
    gaps: states.flatMap(({ table, has, elsewhere }) => {
      if (elsewhere !== null) return [{ table, reason: elsewhereReasons[elsewhere] }];
      return has || exists !== 'true' ? [] : [{ table, reason: 'It has no triggers that fill the outbox.' }];
    }),
    unseen: tables.filter((table) => !seen.has(table)),
    warnings: [],
  };
}

/** The outbox as an object that was left in the database; empty: there is none. */
export async function outboxLeft(driver: Pick<Driver, 'run'>, signal: EndSignal): Promise<LeftOver[]> {
  const text = `to_regclass('${outboxName}.changes') is not null`;
  const { rows } = await driver.run({ text: `select (${text})::text`, slots: [] }, [], {
    signal,
    timeoutMs: null,
  });
  if (rows[0]?.[0] !== 'true') return [];
  return [
    {
      what: `the outbox: the schema ${outboxName}, and triggers on tables`,
      kind: 'outbox',
      remove: removalOfAll,
    },
  ];
}
