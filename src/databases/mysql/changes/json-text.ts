import { ByteReader } from './byte-reader.ts';
import { decimalReader } from './decimal.ts';
import { jsonDoubleText } from './number-text.ts';

/** The types of values in MySQL's binary JSON. */
const type = {
  smallObject: 0x00,
  largeObject: 0x01,
  smallArray: 0x02,
  largeArray: 0x03,
  literal: 0x04,
  int16: 0x05,
  uint16: 0x06,
  int32: 0x07,
  uint32: 0x08,
  int64: 0x09,
  uint64: 0x0a,
  double: 0x0b,
  text: 0x0c,
  opaque: 0x0f,
} as const;

/** Types of the protocol within an opaque value. */
const opaque = { timestamp: 7, date: 10, time: 11, datetime: 12, decimal: 246 } as const;

const literals = ['null', 'true', 'false'];

/** The text of a document in MySQL's binary JSON, as the server prints it: keys in the stored order, numbers with all their digits. */
export function jsonText(document: Buffer): string {
  // An empty document stands for JSON null.
  return document.length === 0 ? 'null' : valueText(document, document.readUInt8(0), 1);
}

function valueText(bytes: Buffer, kind: number, at: number): string {
  switch (kind) {
    case type.smallObject:
    case type.largeObject:
      return `{${members(bytes, at, kind === type.largeObject ? 4 : 2, true).join(', ')}}`;
    case type.smallArray:
    case type.largeArray:
      return `[${members(bytes, at, kind === type.largeArray ? 4 : 2, false).join(', ')}]`;
    case type.literal:
      return literals[bytes.readUInt8(at)] ?? 'null';
    case type.int16:
      return String(bytes.readInt16LE(at));
    case type.uint16:
      return String(bytes.readUInt16LE(at));
    case type.int32:
      return String(bytes.readInt32LE(at));
    case type.uint32:
      return String(bytes.readUInt32LE(at));
    case type.int64:
      return String(bytes.readBigInt64LE(at));
    case type.uint64:
      return String(bytes.readBigUInt64LE(at));
    case type.double:
      return jsonDoubleText(bytes.readDoubleLE(at));
    case type.text: {
      const [start, length] = sizeAt(bytes, at);
      return quoted(bytes.toString('utf8', start, start + length));
    }
    case type.opaque:
      return opaqueText(bytes, at);
    default:
      throw new RangeError(`A JSON value in the binlog has the unknown type ${kind}.`);
  }
}

/** Whether a value is within the entry of its member, instead of a pointer to it. The larger pointers have room for 32 bits. */
const isInline = (kind: number, size: number) =>
  kind === type.literal ||
  kind === type.int16 ||
  kind === type.uint16 ||
  (size === 4 && (kind === type.int32 || kind === type.uint32));

/** The members of an object or array that begins at `at`. Its counts and pointers have `size` bytes, and point from `at`. */
function members(bytes: Buffer, at: number, size: 2 | 4, hasKeys: boolean): string[] {
  const count = bytes.readUIntLE(at, size);
  const keys = at + 2 * size;
  const values = keys + (hasKeys ? count * (size + 2) : 0);
  return Array.from({ length: count }, (_, index) => {
    const entry = values + index * (size + 1);
    const kind = bytes.readUInt8(entry);
    const place = isInline(kind, size) ? entry + 1 : at + bytes.readUIntLE(entry + 1, size);
    const text = valueText(bytes, kind, place);
    if (!hasKeys) return text;
    const key = keys + index * (size + 2);
    const start = at + bytes.readUIntLE(key, size);
    return `${quoted(bytes.toString('utf8', start, start + bytes.readUInt16LE(key + size)))}: ${text}`;
  });
}

/** Reads the length at `at`, in groups of seven bits. Returns where the bytes of that length begin, and the length. */
function sizeAt(bytes: Buffer, at: number): readonly [start: number, length: number] {
  let length = 0;
  for (let index = 0; ; index++) {
    const byte = bytes.readUInt8(at + index);
    length += (byte & 127) * 128 ** index;
    if (byte < 128) return [at + index + 1, length];
  }
}

/** A value of a type that JSON does not have: a number with a point, a date, or bytes as base64. */
function opaqueText(bytes: Buffer, at: number): string {
  const kind = bytes.readUInt8(at);
  const [start, length] = sizeAt(bytes, at + 1);
  const value = bytes.subarray(start, start + length);
  switch (kind) {
    case opaque.decimal:
      return decimalReader(value.readUInt8(0), value.readUInt8(1))(new ByteReader(value.subarray(2)));
    case opaque.date:
      return quoted(momentText(value).slice(0, 10));
    case opaque.datetime:
    case opaque.timestamp:
      return quoted(momentText(value));
    case opaque.time:
      return quoted(timeText(value));
    default:
      return quoted(`base64:type${kind}:${value.toString('base64')}`);
  }
}

const padded = (value: bigint, digits: number) => String(value).padStart(digits, '0');

/** Clock and microseconds of a packed time, whose lowest 24 bits are the microseconds. */
const clockText = (packed: bigint) => {
  const whole = packed >> 24n;
  const [hour, minute, second] = [(whole >> 12n) & 1023n, (whole >> 6n) & 63n, whole & 63n];
  return { hour, rest: `${padded(minute, 2)}:${padded(second, 2)}.${padded(packed & 0xffffffn, 6)}` };
};

function momentText(value: Buffer): string {
  const packed = value.readBigInt64LE(0);
  const day = packed >> 41n;
  const months = day >> 5n;
  const { hour, rest } = clockText(packed & 0x1ffffffffffn);
  return `${padded(months / 13n, 4)}-${padded(months % 13n, 2)}-${padded(day & 31n, 2)} ${padded(hour, 2)}:${rest}`;
}

function timeText(value: Buffer): string {
  const packed = value.readBigInt64LE(0);
  const { hour, rest } = clockText(packed < 0n ? -packed : packed);
  return `${packed < 0n ? '-' : ''}${padded(hour, 2)}:${rest}`;
}

/** A text in JSON. As the server, it escapes quotes, backslashes and control characters only. */
const quoted = (text: string) => JSON.stringify(text);
