import type { Scalar, ValueType } from '../../catalog/index.ts';
import { FozError, jsonText, withoutEndingZeros } from '../../core/index.ts';
import type { Param } from '../../plan/index.ts';
import { decimalText, plainUuid, timeText } from './engine/canonical.js';
import { exactOrText, momentSpellings, storedFraction, storedMoment } from './moments.ts';

type Encode = (value: unknown, type: ValueType) => unknown;

/** Text that SQLite can store. Throws FozError `data-exception` for U+0000 and halves of surrogate pairs. */
export function storableText(value: unknown): string {
  const text = String(value);
  if (text.includes('\0') || /\p{Surrogate}/u.test(text)) {
    throw new FozError('data-exception', 'A text cannot hold the character U+0000 or half a surrogate pair.');
  }
  return text;
}

/** Digits or a number as a value that SQLite binds as an integer. */
export function integerValue(value: unknown): number | bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  const number = Number(value);
  return Number.isSafeInteger(number) && !/[.eE]/.test(String(value)) ? number : BigInt(String(value));
}

const isTrue = (value: unknown) => value === true || value === 'true' || value === 1;
const bytes: Encode = (value) => new Uint8Array(Buffer.from(String(value), 'base64'));
const asText: Encode = (value) => storableText(value);
const asMoment: Encode = (value, type) => storedMoment(value, type);

/** A UUID in the form of the column (see forms.ts). */
function storedUuid(value: unknown, { nativeType }: ValueType): string | Uint8Array {
  const text = plainUuid(storableText(value));
  const digits = text.replaceAll('-', '');
  switch (nativeType) {
    case 'uuid upper':
      return text.toUpperCase();
    case 'uuid hex':
      return digits;
    case 'uuid HEX':
      return digits.toUpperCase();
    case 'uuid bytes':
      return new Uint8Array(Buffer.from(digits, 'hex'));
    default:
      return text;
  }
}

/** A time of day in the form of the column (see forms.ts). */
function storedTime(value: unknown, { nativeType = '' }: ValueType): string {
  const text = timeText(storableText(value));
  const form = /^time (\d+)(\?)?$/.exec(nativeType);
  if (form === null) return text;
  const digits = { digits: Number(form[1]), optional: form[2] !== undefined };
  return text.slice(0, 8) + storedFraction(text.slice(9), digits);
}

/** A whole decimal without its fraction of zeros: SQLite would read `9007199254740993.00` as a floating point number. */
function wholeDigits(decimal: string): string {
  const dot = decimal.indexOf('.');
  return dot > 0 && withoutEndingZeros(decimal.slice(dot + 1)) === '' ? decimal.slice(0, dot) : decimal;
}

/** A floating point number. Throws FozError `data-exception` for NaN, which SQLite would turn into NULL. */
function float(value: unknown): number {
  const number = Number(value);
  if (Number.isNaN(number))
    throw new FozError('data-exception', 'SQLite cannot store NaN: it would become null.');
  return number;
}

/** An infinite decimal is stored as a floating point number. */
const decimal: Encode = (value) =>
  /^(?:NaN|-?Infinity)$/.test(String(value)) ? float(value) : wholeDigits(String(value));

/** Converts a canonical value (not null) to the bound value, which equals the stored value of the column. */
export const encodings = {
  boolean: (value) => (isTrue(value) ? 1 : 0),
  smallint: integerValue,
  int: integerValue,
  bigint: integerValue,
  numeric: decimal,
  real: float,
  float,
  text: asText,
  uuid: storedUuid,
  date: asText,
  time: storedTime,
  timetz: asText,
  timestamp: asMoment,
  timestamptz: asMoment,
  interval: asText,
  json: jsonText,
  jsonb: jsonText,
  bytea: bytes,
  geometry: jsonText,
  enum: asText,
  opaque: asText,
} as const satisfies Record<Scalar, Encode>;

/** Dates and times that SQLite sorts and computes with. Others would be texts to it. */
const lasting: Readonly<Partial<Record<Scalar, { readonly spelling: RegExp; readonly what: string }>>> = {
  date: { spelling: /^\d{4}-\d\d-\d\d$/, what: 'a date of the years 0001 to 9999' },
  time: { spelling: /^(?:[01]\d|2[0-3]):/, what: 'a time of day from 00:00:00 on and before 24:00:00' },
};

/** A value to store. Throws for a decimal that SQLite would change, since it stores decimals as 64-bit floats. */
export function written(value: unknown, param: Param): unknown {
  const encoded = encodings[param.type.scalar](value, param.type);
  if (param.column === undefined) return encoded;
  const wanted = lasting[param.type.scalar];
  if (wanted !== undefined && !wanted.spelling.test(String(value)))
    throw new FozError('data-exception', `${param.column.name} must be ${wanted.what} on SQLite.`, {
      path: param.path,
    });
  if (param.type.scalar !== 'numeric' || typeof encoded === 'number') return encoded;
  const digits = decimalDigits(value);
  const significant = digits.includes('.') ? withoutEndingZeros(digits).replace(/\.$/, '') : digits;
  const integer =
    /^-?\d+$/.test(significant) && BigInt.asIntN(64, BigInt(significant)) === BigInt(significant);
  if (!integer && decimalText(Number(significant), null) !== significant.replace(/^-0$/, '0')) {
    throw new FozError(
      'data-exception',
      `SQLite keeps decimals as 64-bit floating point numbers: ${param.column.name} cannot hold this many digits.`,
      { path: param.path },
    );
  }
  return encoded;
}

/** Digits without leading zeros, as a JSON number. Throws FozError `data-exception` for a text that is not a decimal number. */
function decimalDigits(value: unknown): string {
  const digits = wholeDigits(decimalText(String(value), null)).replace(/^(-?)0+(?=\d)/, '$1');
  if (!/^-?\d+(\.\d+)?$/.test(digits))
    throw new FozError('data-exception', 'A decimal number has digits only.');
  return digits;
}

/** Infinity in JSON: a number that is too large for a double. */
function infinite(value: unknown): string {
  float(value);
  return String(value) === '-Infinity' ? '-9e999' : '9e999';
}

/** A value as an element of the JSON text by which lists and keys are bound. */
function jsonElement(value: unknown, type: ValueType): string {
  switch (type.scalar) {
    case 'numeric':
      return Number.isFinite(Number(value)) ? decimalDigits(value) : infinite(value);
    case 'real':
    case 'float':
      return Number.isFinite(Number(value)) ? JSON.stringify(Number(value)) : infinite(value);
    case 'timestamp':
    case 'timestamptz':
      return JSON.stringify(
        type.nativeType === 'canonical' ? exactOrText(value) : encodings[type.scalar](value, type),
      );
    case 'bytea':
      return JSON.stringify(Buffer.from(String(value), 'base64').toString('hex'));
    default: {
      const encoded = encodings[type.scalar](value, type);
      if (encoded instanceof Uint8Array) return JSON.stringify(Buffer.from(encoded).toString('hex'));
      return typeof encoded === 'bigint' ? String(encoded) : JSON.stringify(encoded);
    }
  }
}

/** All forms in which the value may be stored, as JSON elements. */
function jsonSpellings(value: unknown, type: ValueType): readonly string[] {
  switch (type.scalar) {
    case 'timestamp':
    case 'timestamptz':
      return momentSpellings(value, type).map((spelling) => JSON.stringify(spelling));
    default:
      return [jsonElement(value, type)];
  }
}

/** A list as one JSON text; NULLs match nothing and are left out. */
export function encodeList(value: unknown, type: ValueType): string {
  const elements = (value as readonly unknown[])
    .filter((element) => element !== null && element !== undefined)
    .flatMap((element) => jsonSpellings(element, type));
  return `[${elements.join(',')}]`;
}

/** Tuples as one JSON text: an array of arrays, ranks as their last elements; `flat`: an array of their first elements. */
export function encodeTuples(value: unknown, types: readonly ValueType[], flat = false): string {
  const tuples = (value as readonly (readonly unknown[])[]).map((tuple) => {
    const elements = tuple.map((element, index) => {
      const type = types[index];
      if (element === null || element === undefined) return 'null';
      return type === undefined ? String(integerValue(element)) : jsonElement(element, type);
    });
    return flat ? elements[0]! : `[${elements.join(',')}]`;
  });
  return `[${tuples.join(',')}]`;
}
