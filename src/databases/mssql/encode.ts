import type { Scalar, ValueType } from '../../catalog/index.ts';
import { FozError, jsonText } from '../../core/index.ts';
import { isOnGrain } from './coarse.ts';
import { digitsOf } from './types.ts';

type Encode = (value: unknown, type: ValueType) => string;

const isTrue = (value: unknown) =>
  value === true || value === 'true' || value === 't' || value === 1 || value === '1';

const exact = /^(-?)0*(\d+)(?:\.(\d+))?$/;

/** A whole or decimal number in digits. */
const decimal: Encode = (value) => {
  if (!exact.test(String(value))) throw notA('decimal number, and NaN and infinite numbers cannot be stored');
  return String(value);
};

const float: Encode = (value) => {
  const number = typeof value === 'number' ? value : Number(String(value).trim() === '' ? Number.NaN : value);
  if (!Number.isFinite(number)) throw notA('number that can be stored: NaN and infinite numbers cannot');
  return number.toExponential();
};

const text: Encode = (value) => {
  const given = String(value);
  if (/\p{Surrogate}/u.test(given))
    throw new FozError(
      'data-exception',
      'A text holds half of a surrogate pair, which is not Unicode: send whole characters.',
    );
  return given;
};

const date: Encode = (value) => {
  const given = String(value);
  if (!/^\d{4}-\d\d-\d\d$/.test(given))
    throw notA('date of the years 0001 to 9999, which are all that can be stored');
  return given;
};

const time: Encode = (value) => {
  const given = String(value);
  if (!/^\d\d:\d\d:\d\d(?:\.\d+)?$/.test(given)) throw notA('time from 00:00:00 to 23:59:59.9999999');
  return shortened(given);
};

const isoMoment = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(\.\d+)?(?:Z|([+-])(\d\d):?(\d\d)?)?)?$/;

/** Converts ISO 8601 to `2024-02-29T23:59:59.5` in UTC. */
export function utcMoment(value: unknown): string {
  const match = isoMoment.exec(String(value));
  if (match === null) throw notA('date and time of the years 0001 to 9999, which are all that can be stored');
  const [, day, clock = '00:00:00', fraction = '', sign, hours = '0', minutes = '0'] = match;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  if (offset === 0) return shortened(`${day}T${clock}${fraction}`);
  const moved = new Date(Date.parse(`${day}T${clock}Z`) - offset * 60_000).toISOString();
  if (moved.length !== 24)
    throw notA('date and time of the years 0001 to 9999, which are all that can be stored');
  return shortened(`${moved.slice(0, 19)}${fraction}`);
}

/** The server refuses more than seven digits of a second. */
function shortened(moment: string): string {
  return moment.replace(/(\.\d{7})\d+$/, '$1');
}

const encodings = {
  boolean: (value) => (isTrue(value) ? '1' : '0'),
  smallint: decimal,
  int: decimal,
  bigint: decimal,
  numeric: decimal,
  // The double that equals the stored 32-bit float.
  real: (value, type) => float(Math.fround(Number(value)), type),
  float,
  text,
  uuid: (value) => String(value).toLowerCase(),
  date,
  time,
  timetz: text,
  timestamp: utcMoment,
  timestamptz: (value) => `${utcMoment(value)}+00:00`,
  interval: text,
  json: (value) => jsonText(value),
  jsonb: (value) => jsonText(value),
  // As hexadecimal digits.
  bytea: (value) => Buffer.from(String(value), 'base64').toString('hex'),
  geometry: (value) => jsonText(value),
  enum: text,
  opaque: text,
} as const satisfies Record<Scalar, Encode>;

/** A canonical value (not null) as text that is cast to its type. Throws FozError `data-exception` for a value that is not of the type. */
export function encode(value: unknown, type: ValueType): string {
  return encodings[type.scalar](value, type);
}

/**
 * As `encode`, for a comparison. A decimal that is larger than every value of the column is replaced by one that is just larger than them, which
 * compares alike and has a literal.
 */
export function encodeCompared(value: unknown, type: ValueType): string {
  const encoded = encode(value, type);
  if (type.scalar !== 'numeric') return encoded;
  const [, sign = '', whole = ''] = exact.exec(encoded) ?? [];
  const { whole: most } = digitsOf(type);
  if (whole.length <= most) return encoded;
  return `${sign}${'9'.repeat(most) || '0'}.${'9'.repeat(38 - most)}`;
}

/**
 * Values as the JSON text of a list for OPENJSON. Those that equal no stored one are left out: texts of more than `most` characters, and moments
 * that the column would round.
 */
export function encodeList(values: unknown, type: ValueType, most: number | null = null): string {
  const element: ValueType = { ...type, array: false };
  return JSON.stringify(
    ((values ?? []) as readonly unknown[]).flatMap((value) => {
      if (value === null || value === undefined) return [null];
      const encoded = encodeCompared(value, element);
      if (!isOnGrain(encoded, element)) return [];
      if (most === null || encoded.length <= most) return [encoded];
      // Blanks at the end do not count.
      const trimmed = encoded.replace(/ +$/, '');
      return trimmed.length <= most ? [trimmed] : [];
    }),
  );
}

/** Key tuples as the JSON text of a table of keys: `[{"i":0,"k0":"1"}]`; a rank is `r`. */
export function encodeKeyRows(tuples: unknown, types: readonly ValueType[]): string {
  const rows = ((tuples ?? []) as readonly (readonly unknown[])[]).map((tuple, index) => {
    const row: Record<string, unknown> = { i: index };
    types.forEach((type, at) => {
      const value = tuple[at];
      row[`k${at}`] = value === null || value === undefined ? null : encodeCompared(value, type);
    });
    const rank = tuple[types.length];
    if (rank !== null && rank !== undefined) row.r = String(rank);
    return row;
  });
  return JSON.stringify(rows);
}

function notA(what: string): FozError {
  return new FozError('data-exception', `A value is not a ${what}.`);
}
