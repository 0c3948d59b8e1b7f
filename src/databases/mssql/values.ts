import type { Scalar, ValueType } from '../../catalog/index.ts';
import type { Param, TextOf } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { encode, encodeCompared } from './encode.ts';
import { comparedDecimal, isPadded, nativeOf, textForm } from './types.ts';

/** A placeholder; `spell` turns a canonical value that is not null into a text. */
export function bound(param: Param, spell: (value: unknown) => string): Sql {
  return sql.bind(param, (value) => (value === null || value === undefined ? null : spell(value)));
}

/** The type that a bound text is cast to, by scalar; `null`: it stays a text. */
const castTypes = {
  boolean: sql`bit`,
  smallint: sql`smallint`,
  int: sql`int`,
  bigint: sql`bigint`,
  numeric: sql`decimal(38, 10)`,
  real: sql`real`,
  float: sql`float`,
  text: null,
  uuid: sql`uniqueidentifier`,
  date: sql`date`,
  time: sql`time(7)`,
  timetz: null,
  timestamp: sql`datetime2(7)`,
  timestamptz: sql`datetimeoffset(7)`,
  interval: null,
  json: null,
  jsonb: null,
  bytea: sql`varbinary(max)`,
  geometry: null,
  enum: null,
  opaque: null,
} as const satisfies Record<Scalar, Sql | null>;

/** A text of the canonical form as a value of the type. */
export function castTo(text: Sql, type: ValueType): Sql {
  const { name } = nativeOf(type);
  // "CAST and CONVERT", binary styles: 2 reads hexadecimal digits without a prefix.
  if (type.scalar === 'bytea') return sql`convert(varbinary(max), ${text}, 2)`;
  if (type.scalar === 'numeric' && name !== '') return sql`cast(${text} as ${comparedDecimal(type)})`;
  // A text with more than three digits of a second is no `datetime`, and `datetime` compares with `datetime2` by 1/300 of a second.
  if (name === 'datetime' || name === 'smalldatetime')
    return sql`cast(cast(${text} as datetime2(7)) as ${sql.nativeType(name)})`;
  const cast = castTypes[type.scalar];
  return cast === null ? text : sql`cast(${text} as ${cast})`;
}

/** The type of a column of OPENJSON that holds the texts of a type before `castTo`. */
export function wireType(type: ValueType): Sql {
  const isText = castTypes[type.scalar] === null;
  const { size } = nativeOf(type);
  return isText && size !== null && /^\d+$/.test(size) && Number(size) <= 4000
    ? sql`nvarchar(4000)`
    : sql`nvarchar(max)`;
}

/** One bound value of the parameter's type. */
export function bindValue(param: Param, type: ValueType = param.type): Sql {
  if (param.column === undefined)
    return castTo(
      bound(param, (value) => encodeCompared(value, type)),
      type,
    );
  return castTo(
    bound(param, (value) => encode(value, type)),
    type,
  );
}

/**
 * The expression to select for a value of `type`, so that `textOf` can write it. The client library makes doubles of decimals and dates of
 * milliseconds, so these are selected as texts. Style 121 has all digits ("CAST and CONVERT", date and time styles).
 */
export function flat(expression: Sql, type: ValueType): Sql {
  switch (type.scalar) {
    case 'numeric': {
      const { name } = nativeOf(type);
      const exact = name.endsWith('money') ? sql`cast(${expression} as decimal(19, 4))` : expression;
      return sql`convert(varchar(41), ${exact})`;
    }
    case 'date':
      return sql`convert(varchar(10), ${expression}, 23)`;
    case 'time':
      return sql`convert(varchar(16), ${expression}, 121)`;
    case 'timestamp':
      return sql`convert(varchar(27), ${expression}, 121)`;
    case 'timestamptz':
      return sql`convert(varchar(34), switchoffset(${expression}, '+00:00'), 121)`;
    default:
      return textForm(expression, type) ?? (isPadded(type) ? sql`rtrim(${expression})` : expression);
  }
}

const bytes: TextOf = (value) => (Buffer.isBuffer(value) ? value.toString('base64') : String(value));
const opaque: TextOf = (value) => (Buffer.isBuffer(value) ? value.toString('hex') : String(value));

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

const float: TextOf = (value) => String(Number(value));

/** Without trailing zeros of the fraction, and without its point. */
const trimmed = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

const time: TextOf = (value) => trimmed(String(value));
const moment: TextOf = (value) => {
  const text = String(value);
  return `${text.slice(0, 10)}T${trimmed(text.slice(11).split(' ')[0]!)}`;
};
const instant: TextOf = (value) => `${moment(value)}+00:00`;

/** The mark at the end of an exact text: see `exactText`. */
export const markedType: ValueType = { scalar: 'text', array: false, nativeType: 'marked' };
/** Bytes as hexadecimal digits, which differ wherever the bytes do. */
export const hexType: ValueType = { scalar: 'bytea', array: false, nativeType: 'hexadecimal' };
const ofHex: TextOf = (value) => Buffer.from(String(value), 'hex').toString('base64');
const unmarked: TextOf = (value) => String(value).slice(0, -1);

const texts: Readonly<Partial<Record<Scalar, TextOf>>> = {
  real,
  float,
  uuid: (value) => String(value).toLowerCase(),
  time,
  timestamp: moment,
  timestamptz: instant,
  bytea: bytes,
  opaque,
};

/** How the wire value of `flat` becomes canonical text. */
export function textOf(type: ValueType): TextOf | undefined {
  if (type.nativeType === markedType.nativeType) return unmarked;
  if (type.nativeType === hexType.nativeType) return ofHex;
  return texts[type.scalar];
}
