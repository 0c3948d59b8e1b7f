import { inflateRawSync, inflateSync } from 'node:zlib';
import type { Engine } from '../supported.ts';
import type { ByteReader } from './byte-reader.ts';
import { binaryCollation, type Charsets } from './charsets.ts';
import { decimalReader } from './decimal.ts';
import { geoJsonText } from './geometry-text.ts';
import { jsonText } from './json-text.ts';
import {
  type HiddenType,
  inet4Text,
  inet6Text,
  mariadbVectorText,
  mysqlVectorText,
  uuidText,
} from './native-forms.ts';
import { doubleText } from './number-text.ts';
import { readDate, readDatetime, readTime, readTimestamp } from './temporal.ts';
import { type ColumnShape, wire } from './wire-types.ts';

/** Reads the next value of one column, in the form in which the driver reads it from a query. */
export type ColumnReader = (reader: ByteReader) => unknown;

/** The settings for decoding the values of a column that the table map event does not have. */
export interface DecodingSettings {
  readonly engine: Engine;
  readonly charsets: Charsets;
  /** The type of a column of MariaDB that the event shows as bytes; `undefined`: it is bytes. */
  readonly hidden: HiddenType | undefined;
}

const integerBytes: Readonly<Record<number, number>> = {
  [wire.tiny]: 1,
  [wire.short]: 2,
  [wire.int24]: 3,
  [wire.long]: 4,
};

/** The reader for a column; `null`: values of its type cannot be read from the binlog. */
export function columnReader(column: ColumnShape, settings: DecodingSettings): ColumnReader | null {
  const { type, isUnsigned } = column;
  const bytes = integerBytes[type.code];
  if (bytes !== undefined) return (reader) => (isUnsigned ? reader.uint(bytes) : reader.int(bytes));
  switch (type.code) {
    case wire.longlong:
      return (reader) => String(isUnsigned ? reader.uint64() : reader.int64());
    case wire.float:
      return (reader) => doubleText(reader.float());
    case wire.double:
      return (reader) => doubleText(reader.double());
    case wire.decimal:
      return decimalReader(type.size, type.scale);
    case wire.year:
      return (reader) => {
        const years = reader.uint(1);
        return years === 0 ? 0 : 1900 + years;
      };
    case wire.date:
      return readDate;
    case wire.time2:
      return (reader) => readTime(reader, type.size);
    case wire.datetime2:
      return (reader) => readDatetime(reader, type.size);
    case wire.timestamp2:
      return (reader) => readTimestamp(reader, type.size);
    case wire.bit:
      return bitReader(type.size);
    case wire.enum:
    case wire.set:
      return labelReader(column, settings);
    default:
      return bytesReader(column, settings);
  }
}

/** `bit(1)` is a boolean, a longer one its digits. */
function bitReader(bits: number): ColumnReader {
  const bytes = (bits + 7) >> 3;
  return (reader) => {
    const value = BigInt(`0x${reader.take(bytes).toString('hex')}`);
    return value.toString(2).padStart(bits, '0');
  };
}

/** An enum is stored as the number of its label, 0 for the empty text of a wrong value; a set as one bit per label. */
function labelReader(column: ColumnShape, { charsets }: DecodingSettings): ColumnReader | null {
  const decode = charsets.get(column.collation ?? -1);
  if (decode === undefined) return null;
  const { code, size } = column.type;
  const labels = column.labels.map(decode);
  if (code === wire.enum) return (reader) => labels[reader.uint(size) - 1] ?? '';
  return (reader) => {
    let bits = 0n;
    for (const [at, byte] of reader.take(size).entries()) bits |= BigInt(byte) << BigInt(8 * at);
    return labels.filter((_, at) => (bits >> BigInt(at)) & 1n).join(',');
  };
}

/** Takes the bytes of the next value, which follow their length. */
type Take = (reader: ByteReader) => Buffer;

function takeOf({ type }: ColumnShape): Take | null {
  const { code, size } = type;
  switch (code) {
    case wire.string:
    case wire.varchar:
    case wire.compressedVarchar: {
      const lengthBytes = size > 255 ? 2 : 1;
      return (reader) => reader.take(reader.uint(lengthBytes));
    }
    case wire.blob:
    case wire.json:
    case wire.geometry:
    case wire.vector:
    case wire.compressedBlob:
      return (reader) => reader.take(reader.uint(size));
    default:
      return null;
  }
}

function bytesReader(column: ColumnShape, settings: DecodingSettings): ColumnReader | null {
  const taken = takeOf(column);
  if (taken === null) return null;
  const { code, size } = column.type;
  const isCompressed = code === wire.compressedBlob || code === wire.compressedVarchar;
  const take: Take = isCompressed ? (reader) => inflated(taken(reader)) : taken;
  if (code === wire.json) return (reader) => jsonText(take(reader));
  if (code === wire.geometry) return (reader) => geoJsonText(take(reader), settings.engine);
  if (code === wire.vector) return (reader) => mysqlVectorText(take(reader));
  if (column.collation === null || column.collation === binaryCollation)
    return binaryReader(take, settings.hidden, code === wire.string ? size : 0);
  const decode = settings.charsets.get(column.collation);
  return decode === undefined ? null : (reader) => decode(take(reader));
}

/** The event leaves out zeros at the end of values of a fixed length: `length`; 0: the length varies. */
function binaryReader(take: Take, hidden: HiddenType | undefined, length: number): ColumnReader {
  const whole: Take = (reader) => {
    const bytes = take(reader);
    // A copy, so that a value does not keep all of the event in memory.
    const copy = Buffer.alloc(Math.max(length, bytes.length));
    bytes.copy(copy);
    return copy;
  };
  switch (hidden) {
    case 'uuid':
      return (reader) => uuidText(whole(reader));
    case 'inet4':
      return (reader) => inet4Text(whole(reader));
    case 'inet6':
      return (reader) => inet6Text(whole(reader));
    case 'vector':
      return (reader) => mariadbVectorText(whole(reader));
    default:
      return whole;
  }
}

/** A value of a compressed column of MariaDB: its first byte has the method, and the size of the length that follows. */
function inflated(value: Buffer): Buffer {
  if (value.length === 0) return value;
  const first = value.readUInt8(0);
  if (first >> 4 === 0) return value.subarray(1);
  const packed = value.subarray(1 + (first & 7));
  return (first & 8) === 0 ? inflateSync(packed) : inflateRawSync(packed);
}
