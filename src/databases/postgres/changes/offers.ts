import type { EndSignal } from '../../../core/index.ts';
import type { ChangedTable, ChangeOffer } from '../../../plan/index.ts';
import type { Driver } from '../../../sql/index.ts';
import { elsewhereReasons } from '../outbox/index.ts';
import { quotedName, quotedText } from '../quoted-name.ts';

/** The publication that Foz follows by default. Its owner decides which tables it has. */
export const defaultPublication = 'foz';

/** The server's settings and rights of the user, in one row. `name`: the publication as a literal. */
const serverQuery = (name: string) => `select current_setting('wal_level'),
  (select rolsuper or rolreplication from pg_catalog.pg_roles where rolname = current_user)::text,
  current_setting('max_replication_slots')::int - (select count(*)::int from pg_catalog.pg_replication_slots),
  (select case when pubinsert and pubupdate and pubdelete and pubtruncate then 'all' else 'some' end
    from pg_catalog.pg_publication where pubname = ${name}),
  (pg_is_in_recovery() and current_setting('server_version_num')::int < 160000)::text,
  quote_ident(current_user)`;

/**
 * Tables with three properties: the columns of the old row that their replica identity sends (d: key, i: index, f: whole row, n: none),
 * whether they are published with all their rows, and whether the log has their changes under another table (a partition that is
 * published as part of its parent, tables that inherit).
 */
const tablesQuery = (name: string) => `select n.nspname, c.relname, c.relreplident::text,
  exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and (case c.relreplident
    when 'd' then i.indisprimary when 'i' then i.indisreplident else false end))::text,
  (p.pubname is not null and not exists (select from pg_catalog.pg_publication_rel r join pg_catalog.pg_publication b on b.oid = r.prpubid
    where b.pubname = ${name} and r.prrelid = c.oid and to_jsonb(r) ->> 'prqual' is not null))::text,
  case when c.relispartition and p.pubname is null then 'partition'
    when c.relkind = 'r' and exists (select from pg_catalog.pg_inherits i where i.inhparent = c.oid) then 'inherited'
    when c.relrowsecurity then 'policies' end
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_publication_tables p
  on p.pubname = ${name} and p.schemaname = n.nspname and p.tablename = c.relname
where c.relkind in ('r', 'p') order by n.nspname, c.relname`;

interface TableState {
  readonly table: ChangedTable;
  readonly identity: 'key' | 'whole row' | 'nothing';
  readonly isPublished: boolean;
  /** The reason why the log has some of its changes under another table. */
  readonly elsewhere: 'partition' | 'inherited' | 'policies' | null;
}

/** Checks the server, the rights of the user and the tables for logical replication. */
export async function replicationOffer(
  driver: Pick<Driver, 'run'>,
  publication: string,
  tables: readonly ChangedTable[],
  signal: EndSignal,
): Promise<ChangeOffer> {
  const literal = quotedText(publication);
  const context = { signal, timeoutMs: null };
  const rows = async (text: string) => (await driver.run({ text, slots: [] }, [], context)).rows;
  const [server] = await rows(serverQuery(literal));
  const states = await tableStates(rows, literal, tables);
  const [level, mayReplicate, freeSlots, published, isStandby, user] = server!.map(String);
  const obstacles: string[] = [];
  const setup: string[] = [];
  if (level !== 'logical') {
    obstacles.push(
      `wal_level is "${level}": logical replication needs "logical", and a restart of the server.`,
    );
    setup.push(`alter system set wal_level = 'logical'`);
  }
  if (mayReplicate !== 'true') {
    obstacles.push('The user has no right to replicate.');
    setup.push(`alter role ${user} replication`);
  }
  if (Number(freeSlots) < 1) obstacles.push('All replication slots are taken: raise max_replication_slots.');
  if (isStandby === 'true')
    obstacles.push('The server is a standby: those before PostgreSQL 16 cannot send their changes.');
  const missing = states.filter(({ isPublished, elsewhere }) => !isPublished && elsewhere !== 'partition');
  const exists = published !== 'null';
  if (published === 'some') {
    obstacles.push(`The publication "${publication}" leaves out kinds of changes.`);
    setup.push(
      `alter publication ${quotedName(publication)} set (publish = 'insert, update, delete, truncate')`,
    );
  }
  if (!exists) obstacles.push(`There is no publication "${publication}".`);
  if (missing.length > 0) setup.push(...publishing(missing, exists ? 'add' : 'create', publication));
  const seen = new Set(states.filter(isSeen).map(({ table }) => table));
  return {
    method: 'replication',
    grain: 'rows',
    obstacles,
    setup,
    gaps: states.flatMap((state) => gapsOf(state, exists ? publication : null)),
    unseen: tables.filter((table) => !seen.has(table)),
    warnings: await slotWarnings(rows),
  };
}

/** Whether the log that slots keep is unbounded, and slots of Foz whose log the server is about to drop. */
const slotsQuery = `select 'unbounded', '' from pg_catalog.pg_settings where name = 'max_slot_wal_keep_size' and setting = '-1'
union all select r ->> 'wal_status', r ->> 'slot_name' from (select to_jsonb(s) from pg_catalog.pg_replication_slots s
  where s.database = current_database() and s.slot_name like 'foz\\_%') s(r) where r ->> 'wal_status' in ('unreserved', 'lost')`;

async function slotWarnings(
  rows: (text: string) => Promise<readonly (readonly unknown[])[]>,
): Promise<readonly string[]> {
  return (await rows(slotsQuery)).map(([state, slot]) => {
    if (state === 'unbounded')
      return 'max_slot_wal_keep_size is -1: a slot whose reader stands still makes the server keep its log until the disk is full. Give it a bound.';
    const what =
      state === 'lost' ? 'has lost log that it needs' : 'loses log that it needs at the next checkpoint';
    return `The replication slot "${slot}" ${what} (wal_status "${state}").`;
  });
}

/** Whether the stream reports every change of a table. */
function isSeen({ isPublished, identity, elsewhere }: TableState): boolean {
  return isPublished && identity !== 'nothing' && elsewhere === null;
}

async function tableStates(
  rows: (text: string) => Promise<readonly (readonly unknown[])[]>,
  publication: string,
  tables: readonly ChangedTable[],
): Promise<TableState[]> {
  const keyOf = (table: ChangedTable) => JSON.stringify([table.namespace, table.name]);
  const wanted = new Map(tables.map((table) => [keyOf(table), table]));
  return (await rows(tablesQuery(publication))).flatMap(
    ([namespace, name, identity, hasIndex, isPublished, elsewhere]) => {
      const table = wanted.get(JSON.stringify([namespace, name]));
      if (table === undefined) return [];
      const sent = identity === 'f' ? 'whole row' : hasIndex === 'true' ? 'key' : 'nothing';
      return [
        {
          table,
          identity: sent,
          isPublished: isPublished === 'true',
          elsewhere: elsewhere as TableState['elsewhere'],
        },
      ];
    },
  );
}

/**
 * Statements that publish tables. A table without a replica identity may not be published for updates: PostgreSQL would refuse every UPDATE
 * and DELETE of it, also those of its owner. So it gets the whole row as its identity first.
 */
function publishing(tables: readonly TableState[], how: 'add' | 'create', publication: string): string[] {
  const named = quotedName(publication);
  const spelled = ({ namespace, name }: ChangedTable) =>
    [namespace ?? 'public', name].map(quotedName).join('.');
  const bare = tables.filter(({ identity }) => identity === 'nothing');
  const list = tables.map(({ table }) => spelled(table)).join(', ');
  return [
    ...bare.map(({ table }) => `alter table ${spelled(table)} replica identity full`),
    how === 'add'
      ? `alter publication ${named} add table ${list}`
      : `create publication ${named} for table ${list} with (publish_via_partition_root = true)`,
  ];
}

/** The gap of a table; empty: it has none. `publication`: its name; `null`: it does not exist. */
function gapsOf(
  { table, identity, isPublished, elsewhere }: TableState,
  publication: string | null,
): ChangeOffer['gaps'] {
  if (elsewhere !== null) return [{ table, reason: elsewhereReasons[elsewhere] }];
  if (publication !== null && !isPublished)
    return [
      { table, reason: `The publication "${publication}" does not have the table, or not all of its rows.` },
    ];
  if (identity === 'whole row') return [];
  if (identity === 'key') {
    const reason =
      'The row before an update or a delete has only its key: REPLICA IDENTITY FULL sends all of it.';
    return [{ table, reason, old: 'key' }];
  }
  return [
    {
      table,
      reason: 'Updates and deletes are not sent: the table has no primary key and no replica identity.',
    },
  ];
}
