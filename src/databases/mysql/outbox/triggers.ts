import { createHash } from 'node:crypto';
import type { ChangedTable } from '../../../plan/index.ts';
import { outboxName, unseenOp } from '../../../sql/index.ts';
import { quoted } from '../literal.ts';
import type { StoredColumn } from './columns.ts';
import { type OutboxNames, quotedName } from './names.ts';

export interface Trigger {
  readonly name: string;
  readonly statement: string;
}

/** Milliseconds since 1970, whatever the time zone of the session. */
const now = `timestampdiff(microsecond, '1970-01-01', utc_timestamp(3)) div 1000`;

/** The beginning of the names of the triggers. A table may have those of two outboxes: of its database, and of all databases. */
const prefixOf = ({ isOwn }: OutboxNames) => `${outboxName}_${isOwn ? 'all_' : ''}`;

/** Whether a trigger stores changes in this outbox, by its name. */
export function isTriggerOf(names: OutboxNames, name: string): boolean {
  return new RegExp(`^${prefixOf(names)}(?:insert|update|delete)_`).test(name);
}

/**
 * The triggers that store changes of a table in the outbox. The name of a trigger has a hash of its statement, so triggers for other
 * columns than the table has now have other names.
 */
export function triggersFor(
  names: OutboxNames,
  table: ChangedTable,
  columns: readonly StoredColumn[],
): Trigger[] {
  return (['insert', 'update', 'delete'] as const).map((op) => {
    const body = bodyOf(names, table, columns, op);
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const name = `${prefixOf(names)}${op}_${hash}`;
    const at = quotedName(table.namespace ?? names.namespace);
    return {
      name,
      statement: `create trigger ${at}.${quotedName(name)} after ${op} on ${at}.${quotedName(table.name)} for each row ${body}`,
    };
  });
}

/** Stores that changes of a table were not stored. */
export function unseenOf({ changes }: OutboxNames, { namespace, name }: ChangedTable): string {
  const values = [now, ...[namespace ?? '', name, unseenOp, '[]'].map(quoted)].join(', ');
  return `insert into ${changes} (at, namespace, name, op, columns) values (${values})`;
}

/**
 * Errors because of which a row cannot be stored: a column was dropped (1054), its type was changed (1210), a text is not valid in its
 * character set (1300, 3854), the row is longer than max_allowed_packet (1301).
 */
const unstorable = '1054, 1210, 1300, 1301, 3854';

/** A write must not fail because its row cannot be stored: the change is then stored without values. */
function bodyOf(
  { changes }: OutboxNames,
  { namespace, name }: ChangedTable,
  columns: readonly StoredColumn[],
  op: 'insert' | 'update' | 'delete',
): string {
  const kinds = JSON.stringify(columns.map((column) => [column.name, column.kind]));
  const shared = [now, ...[namespace ?? '', name, op, kinds].map(quoted)].join(', ');
  const store = (old: string, after: string) =>
    `insert into ${changes} (at, namespace, name, op, columns, old, new) values (${shared}, ${old}, ${after});`;
  const old = op === 'insert' ? 'null' : imageOf('old', columns);
  const after = op === 'delete' ? 'null' : imageOf('new', columns);
  return `begin declare exit handler for ${unstorable} ${store('null', 'null')} ${store(old, after)} end`;
}

/** Each value after its length and a colon; `~` for NULL. */
function imageOf(row: 'old' | 'new', columns: readonly StoredColumn[]): string {
  const cells = columns.map(({ value }) => {
    const text = value(row);
    return `ifnull(concat(octet_length(${text}), ':', ${text}), '~')`;
  });
  return cells.length === 0 ? `''` : `concat(${cells.join(', ')})`;
}
