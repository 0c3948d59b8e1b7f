import { familyOf, type Scalar, type ValueType } from '../../catalog/index.ts';
import { FozError, jsonText } from '../../core/index.ts';
import { isNoDay } from './can-hold.ts';
import { canHoldText } from './charset.ts';
import {
  bytesLiteral,
  digitsLiteral,
  exactLiteral,
  floatLiteral,
  foreignTextLiteral,
  keyTypeLiterals,
  type Literal,
  listLiteral,
  momentLiteral,
  noDate,
  textLiteral,
  timeLiteral,
  tuplesLiteral,
  wanted,
} from './literal.ts';
import { bitsOf, isYear } from './types.ts';

type Encode = (value: unknown, type: ValueType) => Literal;

const isTrue = (value: unknown) =>
  value === true || value === 'true' || value === 't' || value === 1 || value === '1';
const boolean: Encode = (value) => exactLiteral(isTrue(value) ? 1 : 0);
const exact: Encode = (value) => exactLiteral(value);
const text: Encode = (value, type) =>
  canHoldText(String(value), type) ? textLiteral(value) : foreignTextLiteral(value);
/** A year in full. No `year` column holds 1 to 100: 100 compares as they do, and is refused where it is written. */
const wholeYear = (value: unknown) => (Number(value) >= 1 && Number(value) < 100 ? 100 : value);
const document: Encode = (value) => textLiteral(jsonText(value));
const date: Encode = (value) =>
  isNoDay(String(value)) ? digitsLiteral(String(value)) : momentLiteral('date', String(value));
const moment: Encode = (value) => {
  const text = utcMoment(value);
  return isNoDay(text.slice(0, 10)) ? digitsLiteral(text) : momentLiteral('timestamp', text);
};

const encodings = {
  boolean,
  smallint: exact,
  int: (value, type) => exactLiteral(isYear(type) ? wholeYear(value) : value),
  bigint: exact,
  numeric: exact,
  // The double that equals the stored 32-bit float.
  real: (value) => floatLiteral(Math.fround(Number(value))),
  float: (value) => floatLiteral(value),
  text,
  uuid: (value) => textLiteral(String(value).toLowerCase()),
  date,
  time: (value) => momentLiteral('time', String(value)),
  timetz: text,
  timestamp: moment,
  timestamptz: moment,
  interval: text,
  json: document,
  jsonb: document,
  bytea: (value) => bytesLiteral(value),
  geometry: document,
  enum: text,
  opaque: (value, type) => (bitsOf(type) === null ? text(value, type) : exactLiteral(bitsNumber(value))),
} as const satisfies Record<Scalar, Encode>;

/** Canonical value (not null) as a literal of its type. Throws FozError `data-exception` for a value that is not of the type. */
export function encode(value: unknown, type: ValueType): Literal {
  return encodings[type.scalar](value, type);
}

/** Whether a value can be equal to any value of a column. */
const comparable = (value: unknown, type: ValueType) => typeof value !== 'string' || canHoldText(value, type);

/** Elements of a list for `in (...)`. */
export function encodeList(values: unknown, type: ValueType): Literal {
  const element: ValueType = { ...type, array: false };
  const given = values as readonly unknown[];
  const possible = given.filter((value) => comparable(value, type));
  // An empty list would be false for NULL, too, so one element stays.
  const elements = possible.length === 0 ? given.slice(0, 1) : possible;
  return listLiteral(
    elements.map((value) => (value === null || value === undefined ? null : encode(value, element))),
  );
}

/** Key tuples for `(a, b) in (...)`. A tuple with a NULL matches no row and is left out. */
export function encodeTuples(tuples: unknown, types: readonly ValueType[]): Literal {
  const whole = (tuples as readonly (readonly unknown[])[]).filter((tuple) =>
    types.every(
      (type, index) => tuple[index] !== null && tuple[index] !== undefined && comparable(tuple[index], type),
    ),
  );
  if (types.length === 1) {
    const isBare = types[0]!.scalar === 'date' && hasNoDays(whole, 0);
    const elements = whole.map(([value]) => encode(value, types[0]!));
    return listLiteral(isBare ? [noDate, ...elements] : elements);
  }
  return tuplesLiteral(
    whole.map((tuple) =>
      types.map((type, index) =>
        type.scalar === 'time' ? timeLiteral(String(tuple[index])) : encode(tuple[index], type),
      ),
    ),
    types.length,
  );
}

/** Whether an element of the keys is a date that has no literal. */
function hasNoDays(tuples: readonly (readonly unknown[])[], at: number): boolean {
  return tuples.some((tuple) => isNoDay(String(tuple[at] ?? '').slice(0, 10)));
}

export const isDated = ({ scalar }: ValueType) =>
  familyOf(scalar) === 'date' || familyOf(scalar) === 'timestamp';

/** The type of a column of dates or moments in a table of keys. Where one of them has no literal they are numbers or texts, which no index serves. */
export function datedKeyType(
  tuples: unknown,
  type: ValueType,
  at: number,
  zeroDatesAs: 'number' | 'text',
): Literal {
  const kind = familyOf(type.scalar) === 'date' ? 'date' : 'timestamp';
  const hasZeroDates = hasNoDays(tuples as readonly (readonly unknown[])[], at);
  if (!hasZeroDates) return keyTypeLiterals[kind];
  return keyTypeLiterals[zeroDatesAs === 'text' ? 'text' : (`${kind}Number` as const)];
}

/** Key tuples as the JSON text of a table of keys. Each row has its index, its elements (and its rank). */
export function encodeKeyRows(
  tuples: unknown,
  types: readonly ValueType[],
  zeroDatesAs: 'number' | 'text',
): Literal {
  const given = tuples as readonly (readonly unknown[])[];
  const areNumbers = types.map(
    (type, at) => zeroDatesAs === 'number' && isDated(type) && hasNoDays(given, at),
  );
  const rows = given.map((tuple, index) => {
    const elements = tuple.map((value, at) => {
      if (value === null || value === undefined) return 'null';
      const type = types[at];
      if (areNumbers[at]) return datedNumber(value, type!);
      return type === undefined ? String(Number(value)) : keyElement(value, type);
    });
    return `[${[index, ...elements].join(',')}]`;
  });
  return textLiteral(`[${rows.join(',')}]`);
}

/** A date or moment as a number without leading zeros, for JSON. */
function datedNumber(value: unknown, { scalar }: ValueType): string {
  const text = scalar === 'date' ? String(value) : utcMoment(value);
  return text.replaceAll(/[-: ]/g, '').replace(/^0+(?=\d)/, '');
}

const whole = /^-?\d+$/;

function keyElement(value: unknown, type: ValueType): string {
  switch (type.scalar) {
    case 'boolean':
      return isTrue(value) ? '1' : '0';
    case 'smallint':
    case 'int':
    case 'bigint':
      if (whole.test(String(value))) return String(value);
      break;
    case 'real':
      return JSON.stringify(Math.fround(Number(value)));
    case 'float':
      return JSON.stringify(Number(value));
    case 'timestamp':
    case 'timestamptz':
      return JSON.stringify(utcMoment(value));
    case 'bytea':
      return JSON.stringify(Buffer.from(String(value), 'base64').toString('hex'));
    case 'opaque':
      if (bitsOf(type) !== null) return bitsNumber(value);
      break;
  }
  return JSON.stringify(String(value));
}

/** `0101` as a number. */
function bitsNumber(value: unknown): string {
  const bits = String(value);
  if (!/^[01]{1,64}$/.test(bits)) throw new FozError('data-exception', 'A value is not a row of bits.');
  return BigInt(`0b${bits}`).toString();
}

const isoMoment = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(\.\d+)?(?:Z|([+-])(\d\d):?(\d\d)?)?)?$/;

/** Converts ISO 8601 to the form that the server takes: UTC, without offset. */
function utcMoment(value: unknown): string {
  const match = isoMoment.exec(String(value));
  if (match === null) throw new FozError('data-exception', `A value is not a ${wanted.timestamp}.`);
  const [, date, time = '00:00:00', fraction = '', sign, hours = '0', minutes = '0'] = match;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  if (offset === 0) return `${date} ${time}${fraction}`;
  const moved = new Date(Date.parse(`${date}T${time}Z`) - offset * 60_000).toISOString();
  return `${moved.slice(0, 10)} ${moved.slice(11, 19)}${fraction}`;
}
