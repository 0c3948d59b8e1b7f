import type { Scalar, ValueType } from '../../catalog/index.ts';
import { type ExactNumber, FozError, someExact } from '../../core/index.ts';
import type { Param, TextOf } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { encode, encodeList } from './encode.ts';
import { textLiteral } from './literal.ts';
import { bitsOf, isTruth, isZerofill, labelsOf } from './types.ts';
import type { DialectVariant } from './variant.ts';

/** A placeholder; `spell` turns a canonical value that is not null into a literal. */
export function bound(param: Param, spell: (value: unknown) => unknown): Sql {
  return sql.bind(param, (value) => (value === null || value === undefined ? null : spell(value)));
}

/** A constant text of the plan or the catalog. */
export function constant(value: string): Sql {
  return sql.bind(
    { type: text, shape: 'value', source: { kind: 'constant', value }, path: '$' },
    textLiteral,
  );
}
const text: ValueType = { scalar: 'text', array: false };

/** One bound value of the parameter's type. */
export function bindValue(variant: DialectVariant, param: Param, type: ValueType = param.type): Sql {
  const value = bound(param, (given) => encode(given, type));
  switch (type.scalar) {
    case 'json':
    case 'jsonb':
      return variant.json(
        bound(param, (given) => encode(variant.keepsNumbers ? given : storable(given, param), type)),
      );
    case 'geometry':
      return variant.geometry(value, type);
    case 'enum':
      // For comparisons a label is its number, which has the order of the enum. In a write it is a text.
      return param.column === undefined && labelsOf(type) !== null ? labelNumber(param, type) : value;
    case 'opaque':
      return isVector(type) ? variant.vector(value) : value;
    default:
      return value;
  }
}

const int64 = { lowest: -(2n ** 63n), highest: 2n ** 64n - 1n };

/** Returns a document whose numbers MySQL stores unchanged. Throws FozError `data-exception` for other ones. */
function storable(value: unknown, { path }: Param): unknown {
  if (!someExact(value, (number) => !isExact(number))) return value;
  throw new FozError(
    'data-exception',
    'MySQL keeps numbers in JSON as whole numbers of 64 bits or as doubles, and a number in this value is neither: send it as a string.',
    { path },
  );
}

function isExact({ text: digits, fitsDouble }: ExactNumber): boolean {
  if (!/^-?\d+$/.test(digits)) return fitsDouble;
  const whole = BigInt(digits);
  return whole >= int64.lowest && whole <= int64.highest;
}

/** Position of a label in its enum, from 1. */
export function labelNumber(param: Param, type: ValueType): Sql {
  const labels = labelsOf(type) ?? [];
  return sql`field(${sql.join([bound(param, textLiteral), ...labels.map(constant)])})`;
}

function isVector(type: ValueType): boolean {
  return type.nativeType?.startsWith('vector') ?? false;
}

/** `expression in (...)`, with the list inlined in the statement. */
export function inList(expression: Sql, type: ValueType, param: Param): Sql {
  const list = sql.bind(param, (values) => encodeList(values ?? [], type));
  const among = sql`${expression} in (${list})`;
  // Numbers other than 0 and 1 are true.
  return isTruth(type)
    ? sql`(${among} or ((${expression} < 0 or ${expression} > 1) and 1 in (${list})))`
    : among;
}

/** The expression to select for a value of `type`, so that `textOf` can write it. */
export function flat(variant: DialectVariant, expression: Sql, type: ValueType): Sql {
  switch (type.scalar) {
    case 'boolean':
      return bitsOf(type) === null ? expression : sql`(${expression} + 0)`;
    case 'real':
      // The server prints a 32-bit float with six digits only.
      return sql`cast(${expression} + 0e0 as char)`;
    case 'float':
      return sql`cast(${expression} as char)`;
    case 'geometry':
      return variant.geoJson(expression);
    case 'opaque': {
      const bits = bitsOf(type);
      if (bits !== null) return sql`lpad(bin(${expression} + 0), ${sql.integer(bits)}, '0')`;
      return isVector(type) ? variant.vectorText(expression) : expression;
    }
    default:
      return expression;
  }
}

const truth: TextOf = (value) => (value === 0 || value === '0' ? 'false' : 'true');
/** Text of a 64-bit float. The server's digits are already the shortest; only large and small numbers have another notation. */
const float: TextOf = (value) => {
  const given = value as string;
  return given.includes('e') || given.includes('0.000000') ? String(Number(given)) : given;
};
const bytes: TextOf = (value) => (value as Buffer).toString('base64');
const anything: TextOf = (value) => (Buffer.isBuffer(value) ? value.toString('hex') : String(value));
const withoutZeros: TextOf = (value) => String(value).replace(/^(-?)0+(?=\d)/, '$1');

/** The smallest normal 32-bit float. Smaller ones have less precision. */
const smallestNormal = 2 ** -126;

/** The shortest digits that read back as the same 32-bit number. */
const real: TextOf = (value) => {
  const number = Number(value);
  for (let digits = Math.abs(number) < smallestNormal ? 1 : 6; digits < 9; digits++) {
    const shorter = Number(number.toPrecision(digits));
    if (Math.fround(shorter) === number) return String(shorter);
  }
  return String(Number(number.toPrecision(9)));
};

/** The end of the text without trailing zeros of the fraction, and without its point. */
function endOf(text: string): number {
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end--;
  return text.charCodeAt(end - 1) === 46 ? end - 1 : end;
}

const time: TextOf = (value) => {
  const given = value as string;
  return given.includes('.') ? given.slice(0, endOf(given)) : given;
};

const moment: TextOf = (value) => {
  const given = value as string;
  const end = given.length > 19 ? endOf(given) : given.length;
  return `${given.slice(0, 10)}T${given.slice(11, end)}`;
};
const instant: TextOf = (value) => `${moment(value)}+00:00`;

const texts: Readonly<Partial<Record<Scalar, TextOf>>> = {
  boolean: truth,
  real,
  float,
  time,
  timestamp: moment,
  timestamptz: instant,
  bytea: bytes,
  opaque: anything,
};

/**
 * How the wire value of `flat` becomes canonical text. Zero dates, which may be stored from a laxer `sql_mode`, stay unchanged; so does a
 * time beyond 24 hours.
 */
export function textOf(type: ValueType): TextOf | undefined {
  return isZerofill(type) ? withoutZeros : texts[type.scalar];
}
