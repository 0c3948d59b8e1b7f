import type { Engine } from '../supported.ts';
import { ByteReader } from './byte-reader.ts';
import { type ColumnShape, type WireType, wire } from './wire-types.ts';

/** A table as an event describes it for the rows that follow. */
export interface TableMap {
  readonly namespace: string;
  readonly name: string;
  readonly types: readonly WireType[];
  /** `null`: the event lacks the names of columns (binlog_row_metadata). */
  readonly columns: readonly ColumnShape[] | null;
}

/** Reads the names at the start of the event, which suffice for a table that is not followed. */
export function tableNames(body: Buffer): Pick<TableMap, 'namespace' | 'name'> {
  return namesOf(new ByteReader(body));
}

function namesOf(reader: ByteReader): Pick<TableMap, 'namespace' | 'name'> {
  // The number of the table and the flags of the event.
  reader.skip(8);
  const namespace = reader.text(reader.uint(1));
  reader.skip(1);
  const name = reader.text(reader.uint(1));
  reader.skip(1);
  return { namespace, name };
}

/** Reads an event that describes a table. */
export function readTableMap(body: Buffer, engine: Engine): TableMap {
  const reader = new ByteReader(body);
  const names = namesOf(reader);
  const count = reader.packed();
  const codes = [...reader.take(count)];
  reader.packed();
  const types = codes.map((code) => readType(code, reader));
  // One bit per column: whether it may be NULL.
  reader.skip((count + 7) >> 3);
  return { ...names, types, columns: readColumns(types, reader, engine) };
}

/** The metadata of one column: sizes, and for some types the type itself. */
function readType(code: number, reader: ByteReader): WireType {
  switch (code) {
    case wire.float:
    case wire.double:
    case wire.blob:
    case wire.geometry:
    case wire.json:
    case wire.vector:
    case wire.compressedBlob:
    case wire.timestamp2:
    case wire.datetime2:
    case wire.time2:
      return { code, size: reader.uint(1), scale: 0 };
    case wire.varchar:
    case wire.compressedVarchar:
      return { code, size: reader.uint(2), scale: 0 };
    case wire.bit: {
      const bits = reader.uint(1);
      return { code, size: 8 * reader.uint(1) + bits, scale: 0 };
    }
    case wire.decimal: {
      const precision = reader.uint(1);
      return { code, size: precision, scale: reader.uint(1) };
    }
    case wire.string:
      return stringType(reader.uint(1), reader.uint(1));
    default:
      return { code, size: 0, scale: 0 };
  }
}

/** CHAR, BINARY, ENUM and SET share a code. Lengths beyond 255 have their high bits within the first byte, inverted. */
function stringType(first: number, second: number): WireType {
  if (first === wire.enum || first === wire.set) return { code: first, size: second, scale: 0 };
  return { code: wire.string, size: ((~first & 0x30) << 4) | second, scale: 0 };
}

/** Kinds of optional metadata (binlog_row_metadata). */
const field = {
  signs: 1,
  defaultCharset: 2,
  charsets: 3,
  names: 4,
  setLabels: 5,
  enumLabels: 6,
  defaultLabelCharset: 10,
  labelCharsets: 11,
} as const;

function readColumns(types: readonly WireType[], reader: ByteReader, engine: Engine): ColumnShape[] | null {
  const among = (codes: ReadonlySet<number>) =>
    types.flatMap(({ code }, at) => (codes.has(code) ? [at] : []));
  const numbers = among(wire.numbers);
  const texts = among(wire.texts[engine]);
  const labelled = among(new Set([wire.enum, wire.set]));
  const unsigned: boolean[] = [];
  const collations: number[] = [];
  const labels: (readonly Buffer[])[] = [];
  let names: string[] | null = null;
  while (reader.left > 0) {
    const kind = reader.uint(1);
    const part = new ByteReader(reader.take(reader.packed()));
    if (kind === field.signs)
      numbers.forEach((column, at) => {
        unsigned[column] = (part.bytes.readUInt8(at >> 3) & (128 >> (at & 7))) !== 0;
      });
    else if (kind === field.names) names = readWhole(part, () => part.text(part.packed()));
    else if (kind === field.charsets || kind === field.labelCharsets) {
      const columns = kind === field.charsets ? texts : labelled;
      for (const column of columns) collations[column] = part.packed();
    } else if (kind === field.defaultCharset || kind === field.defaultLabelCharset)
      readDefault(part, kind === field.defaultCharset ? texts : labelled, collations);
    else if (kind === field.setLabels || kind === field.enumLabels) {
      const columns = among(new Set([kind === field.setLabels ? wire.set : wire.enum]));
      for (const column of columns)
        labels[column] = Array.from({ length: part.packed() }, () => part.take(part.packed()));
    }
  }
  if (names === null || names.length !== types.length) return null;
  return names.map((name, at) => ({
    name,
    type: types[at]!,
    isUnsigned: unsigned[at] ?? false,
    collation: collations[at] ?? null,
    labels: labels[at] ?? [],
  }));
}

/** One collation for all columns, then those that have another: their number among the columns, and their collation. */
function readDefault(part: ByteReader, columns: readonly number[], collations: number[]): void {
  const common = part.packed();
  for (const column of columns) collations[column] = common;
  while (part.left > 0) {
    const column = columns[part.packed()];
    const collation = part.packed();
    if (column !== undefined) collations[column] = collation;
  }
}

function readWhole<T>(part: ByteReader, read: () => T): T[] {
  const list: T[] = [];
  while (part.left > 0) list.push(read());
  return list;
}
