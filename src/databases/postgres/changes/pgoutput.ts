import type { ChangedTable, ChangeMessage, RowImage } from '../../../plan/index.ts';
import { lsnText, unixMs } from './lsn.ts';
import { MessageReader } from './message-reader.ts';

/** A table as the server has described it in the stream. */
interface Relation {
  readonly table: ChangedTable;
  readonly columns: readonly string[];
  /** For each column: whether it is part of the replica identity. */
  readonly identity: readonly boolean[];
}

/** Messages of pgoutput, protocol version 1: https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html */
const code = {
  begin: 0x42,
  commit: 0x43,
  delete: 0x44,
  insert: 0x49,
  message: 0x4d,
  origin: 0x4f,
  relation: 0x52,
  truncate: 0x54,
  update: 0x55,
  type: 0x59,
} as const;

/** Kinds of rows within a message: key columns only, the whole old row, the new row. */
const [keyRow, oldRow, newRow] = [0x4b, 0x4f, 0x4e];
/** Kinds of values within a row: NULL, unchanged and stored elsewhere (TOAST), text. */
const [nullValue, unchangedValue] = [0x6e, 0x75];

/** Longer values are not reported. */
const mostValueBytes = 64 * 1024 * 1024;

/** Decodes the messages of the output plugin pgoutput. Values stay texts, as the output functions of their types write them. */
export class Pgoutput {
  /** The tables by their id. The server describes a table again after it was altered, and after each reconnection. */
  readonly #relations = new Map<number, Relation>();
  /** The id of the table that was last described under each name. */
  readonly #ids = new Map<string, number>();

  /** Decodes one message; `null`: it contains no change. Throws RangeError for invalid bytes. */
  decode(bytes: Buffer): ChangeMessage | null {
    const reader = new MessageReader(bytes);
    const kind = reader.byte();
    switch (kind) {
      case code.begin: {
        const id = lsnText(reader.int64());
        const at = unixMs(reader.int64());
        return { kind: 'begin', id, at, transaction: String(reader.int32()) };
      }
      case code.commit: {
        reader.byte();
        reader.int64();
        // The position is the end of the commit record, where the next transaction may begin.
        return { kind: 'commit', position: lsnText(reader.int64()) };
      }
      case code.relation:
        return this.#describe(reader);
      case code.insert:
        return this.#row('insert', reader);
      case code.update:
        return this.#row('update', reader);
      case code.delete:
        return this.#row('delete', reader);
      case code.truncate: {
        const count = reader.int32();
        reader.byte();
        return {
          kind: 'truncate',
          tables: Array.from({ length: count }, () => this.#relation(reader).table),
        };
      }
      case code.type:
      case code.origin:
      case code.message:
        return null;
      default:
        throw new RangeError(`A message of the unknown kind ${kind} came from pgoutput.`);
    }
  }

  /** Notes the columns of a table. A name that has passed to another table counts as a truncation: the rows of the former one are gone. */
  #describe(reader: MessageReader): ChangeMessage | null {
    const id = reader.int32();
    const namespace = reader.text();
    const name = reader.text();
    reader.byte();
    const identity: boolean[] = [];
    const columns = Array.from({ length: reader.int16() }, () => {
      identity.push((reader.byte() & 1) === 1);
      const column = reader.text();
      reader.int32();
      reader.int32();
      return column;
    });
    const table = { namespace: namespace === '' ? 'pg_catalog' : namespace, name };
    this.#relations.set(id, { table, columns, identity });
    const key = JSON.stringify([table.namespace, name]);
    const former = this.#ids.get(key) ?? id;
    this.#ids.set(key, id);
    return former === id ? null : { kind: 'truncate', tables: [table] };
  }

  #relation(reader: MessageReader): Relation {
    const id = reader.int32();
    const relation = this.#relations.get(id);
    if (relation === undefined)
      throw new RangeError(`pgoutput named the table ${id} before it was described.`);
    return relation;
  }

  #row(op: 'insert' | 'update' | 'delete', reader: MessageReader): ChangeMessage {
    const relation = this.#relation(reader);
    let old: RowImage | null = null;
    let mark = reader.byte();
    if (mark === keyRow || mark === oldRow) {
      old = image(relation, reader, mark === keyRow);
      if (op !== 'delete') mark = reader.byte();
    }
    const after = mark === newRow ? image(relation, reader, false) : null;
    // The server sends the key of an update only if it changed.
    if (op === 'update' && old === null && after !== null) old = keyOf(relation, after);
    return { kind: 'row', op, table: relation.table, old, new: after === null ? null : filled(after, old) };
  }
}

/** The columns of a row's replica identity as an image; `null`: the table has none. */
function keyOf({ columns, identity }: Relation, { values }: RowImage): RowImage | null {
  if (!identity.includes(true)) return null;
  return { columns, values: values.map((value, at) => (identity[at] ? value : undefined)) };
}

/** Fills unchanged values, which the server does not send, from the old row. */
function filled(after: RowImage, old: RowImage | null): RowImage {
  if (old === null || !after.values.includes(undefined)) return after;
  return {
    ...after,
    values: after.values.map((value, at) => (value === undefined ? old.values[at] : value)),
  };
}

/** Reads the image of a row. `isKey`: only the columns of the replica identity have values; the others are sent as NULL. */
function image({ columns }: Relation, reader: MessageReader, isKey: boolean): RowImage {
  const values = Array.from({ length: reader.int16() }, () => {
    const kind = reader.byte();
    if (kind === nullValue) return isKey ? undefined : null;
    if (kind === unchangedValue) return undefined;
    return reader.sized(mostValueBytes);
  });
  return { columns, values };
}
