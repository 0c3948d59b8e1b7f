import { inflateSync } from 'node:zlib';
import type { RowImage } from '../../../plan/index.ts';
import { ByteReader } from './byte-reader.ts';
import type { ColumnReader } from './column-reader.ts';

/** How the rows of a table are read. */
export interface RowLayout {
  readonly names: readonly string[];
  readonly readers: readonly ColumnReader[];
  /** The index of the column with the end of a row's validity; -1: the table keeps no earlier versions of its rows. */
  readonly rowEnd: number;
}

export type RowOp = 'insert' | 'update' | 'delete';

/** Forms of events with rows: which images their rows have, whether they have extra data, and whether MariaDB has compressed them. */
interface RowForm {
  readonly op: RowOp;
  readonly hasExtra: boolean;
  readonly isCompressed: boolean;
}

const ops: readonly RowOp[] = ['insert', 'update', 'delete'];
const formsFrom = (first: number, hasExtra: boolean, isCompressed: boolean) =>
  ops.map((op, index) => [first + index, { op, hasExtra, isCompressed }] as const);

/** By the code of the event: versions 1 and 2 of both servers, and the compressed ones of MariaDB (log_bin_compress). */
export const rowForms: ReadonlyMap<number, RowForm> = new Map([
  ...formsFrom(23, false, false),
  ...formsFrom(30, true, false),
  ...formsFrom(166, false, true),
  ...formsFrom(169, true, true),
]);

/** The number of the table whose rows the event has. */
export function tableOf(body: Buffer): number {
  return body.readUIntLE(0, 6);
}

/** Calls `each` for every row of the event, with its images and its size in bytes. */
export function readRows(
  body: Buffer,
  form: RowForm,
  layout: RowLayout,
  each: (old: RowImage | null, after: RowImage | null, bytes: number) => void,
): void {
  const head = new ByteReader(body);
  head.skip(8);
  if (form.hasExtra) head.skip(head.uint(2) - 2);
  const count = head.packed();
  if (count !== layout.readers.length)
    throw new RangeError('Rows in the binlog have another number of columns than their table.');
  const before = head.take((count + 7) >> 3);
  const after = form.op === 'update' ? head.take((count + 7) >> 3) : before;
  const rest = head.take(head.left);
  const reader = new ByteReader(form.isCompressed ? inflated(rest) : rest);
  while (reader.left > 0) {
    const start = reader.at;
    const first = readImage(reader, layout, before);
    const second = form.op === 'update' ? readImage(reader, layout, after) : null;
    const bytes = reader.at - start;
    if (form.op === 'insert') each(null, first, bytes);
    else each(first, second, bytes);
  }
}

const hasBit = (bits: Buffer, at: number) => ((bits[at >> 3]! >> (at & 7)) & 1) === 1;

/** `present`: one bit per column. The bits for NULL count only the columns that are present. */
function readImage(reader: ByteReader, { names, readers }: RowLayout, present: Buffer): RowImage {
  let isThere = 0;
  for (let at = 0; at < readers.length; at++) if (hasBit(present, at)) isThere++;
  const nulls = reader.take((isThere + 7) >> 3);
  const values: unknown[] = [];
  for (let at = 0, index = 0; at < readers.length; at++) {
    if (!hasBit(present, at)) values.push(undefined);
    else values.push(hasBit(nulls, index++) ? null : readers[at]!(reader));
  }
  return { columns: names, values };
}

/** Rows of an event that MariaDB has compressed. The first byte has the size of the length that follows. */
export function inflated(packed: Buffer): Buffer {
  const first = packed.readUInt8(0);
  if ((first & 0xf0) !== 0x80) throw new RangeError('An event of the binlog has an unknown compression.');
  return inflateSync(packed.subarray(1 + (first & 7)));
}
