import type { Scalar, ValueType } from '../../catalog/index.ts';
import type { TextOf } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';

const trimmed = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

const boolean: TextOf = (value) => {
  if (Buffer.isBuffer(value)) return value.some((byte) => byte !== 0) ? 'true' : 'false';
  return Number(value) === 0 ? 'false' : 'true';
};
const time: TextOf = (value) => trimmed(String(value));
const timestamp: TextOf = (value) => trimmed(String(value)).replace(' ', 'T');
const timestamptz: TextOf = (value) => `${timestamp(value)}+00:00`;
const base64: TextOf = (value) =>
  (Buffer.isBuffer(value) ? value : Buffer.from(String(value))).toString('base64');
const lower: TextOf = (value) => String(value).toLowerCase();
const text: TextOf = (value) => (Buffer.isBuffer(value) ? value.toString('utf8') : String(value));

/** The shortest digits that give the same 32-bit number. */
const real: TextOf = (value) => {
  const number = Number(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(number.toPrecision(digits));
    if (Math.fround(short) === Math.fround(number)) return String(short);
  }
  return String(number);
};

/** Wire value to canonical text, where `String(value)` is not it already. */
const texts: Readonly<Partial<Record<Scalar, TextOf>>> = {
  boolean,
  real,
  time,
  timestamp,
  timestamptz,
  bytea: base64,
  uuid: lower,
  json: text,
  jsonb: text,
  opaque: text,
};

export function textOf(type: ValueType): TextOf | undefined {
  return texts[type.scalar];
}

/** What to select; most values as they are. */
export function flat(expression: Sql, type: ValueType): Sql {
  if (type.scalar === 'geometry') return sql`st_asgeojson(${expression})`;
  if (type.scalar === 'opaque') return sql`cast(${expression} as char)`;
  return expression;
}
