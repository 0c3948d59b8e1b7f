import type { ChangedTable, ChangeMessage, RowImage, Statement } from '../../../plan/index.ts';
import {
  mostImageBytes,
  type OutboxRow,
  type OutboxStatements,
  outboxName,
  unseenOp,
} from '../../../sql/index.ts';
import { quotedName, quotedText } from '../quoted-name.ts';
import { valuesOf } from './record-text.ts';

const changes = `${outboxName}.changes`;
const reads = `${outboxName}.reads`;
/** The channel of NOTIFY for new changes. */
export const channel = outboxName;
/** Triggers of one event fire in the order of their names: this one before those that may change the row again. */
const rowTrigger = '"!foz_outbox"';

const plain = (text: string): Statement => ({ text, slots: [] });
const removal =
  plain(`delete from ${changes} using unnest(string_to_array($1, ',')::bigint[], string_to_array($2, ',')::bigint[]) as r(first, last)
  where id between r.first and r.last`);

/** The statements of a reader. */
export const outboxStatements: OutboxStatements = {
  visible: plain(`select min(id)::text, max(id)::text
    from (select id, id - row_number() over (order by id) as island
      from (select id from ${changes} order by id limit $1::bigint) c) s group by island order by min(id)`),
  reads: plain(`select r.number::text, r.ids from ${reads} r order by r.number`),
  record: plain(`insert into ${reads} (ids) values ($1) returning number::text`),
  page: plain(`select c.id::text, c.at::text, c.namespace, c.name, c.op, c.columns, c.old, c.new from ${changes} c
    where c.id between $1::bigint and $2::bigint order by c.id limit $3::bigint`),
  remove: (ranges) => ({
    statement: removal,
    values: [ranges.map(({ first }) => first).join(','), ranges.map(({ last }) => last).join(',')],
  }),
  // `,` stands for an empty list: a KingbaseES with ora_input_emptystr_isnull would store an empty text as NULL.
  settle: plain(`update ${reads} set ids = ',' where number = $1::bigint`),
  forget: plain(`delete from ${reads} where number < $1::bigint`),
};

/** The message of one stored change. */
export function messageOf({ table, op, columns, old, new: after }: OutboxRow): ChangeMessage {
  if (op === 'truncate' || op === unseenOp) return { kind: 'truncate', tables: [table] };
  const names = JSON.parse(columns) as readonly (string | null)[];
  return {
    kind: 'row',
    op: op as 'insert' | 'update' | 'delete',
    table,
    old: op === 'insert' ? null : image(names, text(old)),
    new: op === 'delete' ? null : image(names, text(after)),
  };
}

const text = (stored: OutboxRow['old']) => (stored === null ? null : String(stored));

/**
 * Makes an image of a stored row; one that was too large has no values. A column without a name is a virtual generated one, whose value
 * triggers do not see.
 */
function image(names: readonly (string | null)[], record: string | null): RowImage {
  if (record === null) return { columns: [], values: [] };
  const values = names.length === 0 ? [] : valuesOf(record);
  return {
    columns: names.filter((name) => name !== null),
    values: values.filter((_, at) => names[at] !== null),
  };
}

/**
 * Creates the outbox. A row is stored in the text form of its type, in which every value is written by the output function of its own
 * type; the function sets the time zone and formats of Foz's connections, whichever session writes. It reads the columns from the catalog, so
 * that altering a table breaks nothing. A write must not fail because its row has no text: texts end at 1 GB, and some are far longer than the
 * stored row (bytes, compressed values). Rows of up to 8 kB are always short enough (a numeric of 8 bytes has 131,072 digits), so these do
 * without a subtransaction.
 *
 * A transaction that has sent a notification cannot be prepared (PREPARE TRANSACTION), so none is sent where the server has prepared
 * transactions. `user`: the one that reads the outbox.
 */
export function creation(user: string): string[] {
  return [
    `create schema ${outboxName}`,
    `create table ${changes} (id bigint generated always as identity primary key, at bigint not null, namespace text not null,
  name text not null, op text not null, columns text not null, old text, new text)`,
    `create table ${reads} (number bigint generated always as identity primary key, ids text not null)`,
    `create function ${outboxName}.record() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'iso_8601'
  set extra_float_digits = 1 set bytea_output = 'hex' as $$
declare
  old_image text;
  new_image text;
begin
  if coalesce(pg_column_size(old), 0) + coalesce(pg_column_size(new), 0) <= 8192 then
    old_image := old::text;
    new_image := new::text;
  else
    begin
      old_image := old::text;
      new_image := new::text;
    exception when program_limit_exceeded or out_of_memory or internal_error then
      old_image := null;
      new_image := null;
    end;
  end if;
  insert into ${changes} (at, namespace, name, op, columns, old, new)
  select (extract(epoch from clock_timestamp()) * 1000)::bigint, n.nspname, c.relname, lower(tg_op), coalesce((
      select json_agg(case when to_jsonb(a) ->> 'attgenerated' = 'v' then null else a.attname end order by a.attnum)
      from pg_attribute a where a.attrelid = tg_relid and a.attnum > 0 and not a.attisdropped)::text, '[]'),
    case when octet_length(old_image) <= ${mostImageBytes} then old_image end,
    case when octet_length(new_image) <= ${mostImageBytes} then new_image end
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = coalesce(pg_partition_root(tg_relid)::oid, tg_relid);
  return null;
end $$`,
    `create function ${outboxName}.wake() returns trigger language plpgsql as $$
begin
  if pg_catalog.current_setting('max_prepared_transactions') operator(pg_catalog.=) '0' then
    perform pg_catalog.pg_notify('${channel}', '');
  end if;
  return null;
end $$`,
    `create function ${outboxName}.unseen(of_namespace text, of_name text) returns void language sql security definer
  set search_path = pg_catalog, pg_temp as $$
  insert into ${changes} (at, namespace, name, op, columns)
  values ((extract(epoch from clock_timestamp()) * 1000)::bigint, of_namespace, of_name, '${unseenOp}', '[]')
$$`,
    `grant usage on schema ${outboxName} to ${user}`,
    `grant select, delete on ${changes} to ${user}`,
    `grant select, insert, update, delete on ${reads} to ${user}`,
  ];
}

/** Creates the triggers of a table. They fire for rows that replication writes, too. */
export function triggersOf({ namespace, name }: ChangedTable): string[] {
  const table = [namespace ?? 'public', name].map(quotedName).join('.');
  const call = (what: string) => `execute function ${outboxName}.${what}()`;
  return [
    `create trigger ${rowTrigger} after insert or update or delete on ${table} for each row ${call('record')}`,
    `create trigger foz_outbox_truncate after truncate on ${table} for each statement ${call('record')}`,
    `create trigger foz_outbox_wake after insert or update or delete or truncate on ${table} for each statement ${call('wake')}`,
    ...[rowTrigger, 'foz_outbox_truncate', 'foz_outbox_wake'].map(
      (trigger) => `alter table ${table} enable always trigger ${trigger}`,
    ),
  ];
}

/** Stores that changes of a table were not stored. */
export function unseenOf({ namespace, name }: ChangedTable): string {
  return `select ${outboxName}.unseen(${quotedText(namespace ?? 'public')}, ${quotedText(name)})`;
}

/** Removes the outbox, and with its functions the triggers of all tables. */
export const removalOfAll = [`drop schema ${outboxName} cascade`];
