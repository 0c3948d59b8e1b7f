import type { ChangeMessage, RowImage } from '../../../plan/index.ts';
import { type OutboxDecoder, type OutboxRow, unseenOp } from '../../../sql/index.ts';
import { valuesOf } from './row-text.ts';

/**
 * Turns rows of the outbox into messages. Before an insert or update, triggers store each conflicting row as `replaced`. If the write
 * follows, the row was replaced, which is a delete. If another row follows, the conflict was ignored, or resolved by an update.
 */
export class ReplacedRows implements OutboxDecoder {
  #replaced: OutboxRow[] = [];

  messages(row: OutboxRow): readonly ChangeMessage[] {
    if (row.op === unseenOp) return [{ kind: 'truncate', tables: [row.table] }];
    const pending = this.#replaced.filter(({ table }) => table.name === row.table.name);
    if (row.op === 'replaced') {
      // A write of another row has begun, so the pending rows before it were not replaced.
      const same = pending.every(({ new: after }) => after === row.new);
      this.#replaced = [
        ...(same ? this.#replaced : this.#replaced.filter((one) => !pending.includes(one))),
        row,
      ];
      return [];
    }
    this.#replaced = this.#replaced.filter((one) => !pending.includes(one));
    // Without both images it is not known which rows were replaced.
    if (row.op !== 'delete' && pending.some(({ old, new: after }) => old === null || after === null))
      return [{ kind: 'truncate', tables: [row.table] }, messageOf(row)];
    const gone = row.op === 'delete' ? [] : pending.filter((one) => isWritten(one, row));
    return [
      ...gone.map((one): ChangeMessage => messageOf({ ...one, op: 'delete', new: null })),
      messageOf(row),
    ];
  }
}

/** Whether the row that `expected` announced was written. A rowid that SQLite had yet to generate is -1 in the announcement. */
function isWritten(expected: OutboxRow, { op, new: after, old }: OutboxRow): boolean {
  if (op === 'update' && old === expected.old) return false;
  if (expected.new === after) return true;
  if (op !== 'insert' || expected.new === null || after === null) return false;
  const written = valuesOf(String(after));
  return valuesOf(String(expected.new)).every(
    (value, at) => Object.is(value, written[at]) || value === -1n || Buffer.isBuffer(value),
  );
}

function messageOf({ table, op, columns, old, new: after }: OutboxRow): ChangeMessage {
  const names = JSON.parse(columns) as readonly string[];
  // An image that was too large has no values.
  const image = (row: OutboxRow['old']): RowImage =>
    row === null ? { columns: [], values: [] } : { columns: names, values: valuesOf(String(row)) };
  return {
    kind: 'row',
    op: op as 'insert' | 'update' | 'delete',
    table,
    old: op === 'insert' ? null : image(old),
    new: op === 'delete' ? null : image(after),
  };
}
