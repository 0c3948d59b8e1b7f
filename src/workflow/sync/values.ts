import { createHash } from 'node:crypto';
import { type Column, familyOf } from '../../catalog/index.ts';
import { ExactNumber, FozError, jsonText, withoutEndingZeros } from '../../core/index.ts';
import type { Tuple } from '../../execute/index.ts';
import { readScalar } from '../../graph/index.ts';

/** A value as the canonical value of a column. Throws FozError `data-exception` where the column cannot have it. */
export function valueFor(column: Column, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const { scalar, array } = column.type;
  if (array) {
    if (!Array.isArray(value)) throw unfit(column, value);
    const { array: _, ...type } = column.type;
    return value.map((item) => valueFor({ ...column, type: { ...type, array: false } }, item));
  }
  try {
    const form = formOf(column, value);
    return scalar === 'enum' ? String(form) : readScalar(scalar, form);
  } catch {
    throw unfit(column, value);
  }
}

/** The value in the form in which clients send values of the column's type. */
function formOf({ type: { scalar } }: Column, value: unknown): unknown {
  const text = typeof value === 'object' ? jsonText(value) : String(value);
  switch (familyOf(scalar)) {
    case 'text':
    case 'opaque':
    case 'enum':
      return text;
    case 'integer':
    case 'decimal': {
      if (typeof value === 'boolean')
        return scalar === 'int' || scalar === 'smallint' ? Number(value) : Number(value).toString();
      const digits = familyOf(scalar) === 'integer' ? text.replace(/\.0+$/, '') : text;
      const isSmall = scalar === 'int' || scalar === 'smallint';
      return isSmall && /^-?\d+$/.test(digits) ? Number(digits) : digits;
    }
    case 'float':
      if (!number.test(text)) return value;
      // A double has fewer digits than a bigint or a decimal.
      if (!new ExactNumber(text).fitsDouble) throw new RangeError(`${text} is no double.`);
      return Number(text);
    case 'boolean':
      if (['true', 't', '1'].includes(text)) return true;
      return ['false', 'f', '0'].includes(text) ? false : value;
    case 'date':
      return text.replace(/[T ]00:00:00(?:\.0+)?(?:Z|[+-]00(?::?00)?)?$/, '');
    case 'timestamp': {
      const moment = /^\d+-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text.replace(' ', 'T');
      const hasOffset = /(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(moment.slice(10));
      if (scalar === 'timestamptz') return hasOffset ? moment : `${moment}+00:00`;
      return hasOffset ? inUtc(moment) : moment;
    }
    default:
      return value;
  }
}

const number = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;
const offsetMoment = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d)(?::?(\d\d))?$/;

/** A moment with an offset as date and time in UTC, with all its digits. Canonical moments are in UTC already. Throws where it is none. */
function inUtc(moment: string): string {
  const utc = /^(.*?)(?:Z|[+-]00(?::?00)?)$/.exec(moment);
  if (utc !== null) return utc[1]!;
  const found = offsetMoment.exec(moment);
  if (found === null) throw new Error(`${moment} is no moment.`);
  const [, time, fraction = '', hours, minutes = '00'] = found;
  return new Date(`${time}${hours}:${minutes}`).toISOString().slice(0, 19) + fraction;
}

/** A text of a row in a message for people: quoted, so that it cannot be taken for the message, and without characters that no store takes. */
export function shortened(text: string, most: number): string {
  return text.length > most ? `${JSON.stringify(text.slice(0, most))}...` : JSON.stringify(text);
}

function unfit({ name, nativeType }: Column, value: unknown): FozError {
  const text = typeof value === 'object' ? jsonText(value) : String(value);
  return new FozError('data-exception', `"${name}" (${nativeType}) cannot hold ${shortened(text, 100)}.`);
}

/** A text that is the same for equal values, however a database spells them. */
export function spelled(column: Column, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (column.type.array || typeof value === 'object') return jsonText(sorted(value));
  const text = String(value);
  switch (familyOf(column.type.scalar)) {
    case 'decimal':
      return withoutZeros(text);
    case 'time':
    case 'timestamp':
      return text.replace(/(\.\d*?)0+(?=$|[Z+-])/, '$1').replace(/\.(?=$|[Z+-])/, '');
    default:
      return `${typeof value === 'string' ? '"' : ''}${text}`;
  }
}

function withoutZeros(digits: string): string {
  return digits.includes('.') && !/e/i.test(digits) ? withoutEndingZeros(digits).replace(/\.$/, '') : digits;
}

/** JSON with the names of objects in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

/** Characters of the fingerprint of one value. */
export const printLength = 8;

export function printOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, printLength);
}

/** The text by which a key is known, the same on both sides. */
export function keyText(key: Tuple): string {
  return JSON.stringify(key.map(String));
}

/** Whether a value of the left side is later than one of the right side, or as late. Numbers and moments are compared with all their digits. */
export function isNoEarlier(left: unknown, right: unknown): boolean {
  if (left === null || left === undefined) return right === null || right === undefined;
  if (right === null || right === undefined) return true;
  const [one, other] = [String(left), String(right)];
  if (number.test(one) && number.test(other)) return compareNumbers(one, other) >= 0;
  const [a, b] = [momentOf(one), momentOf(other)];
  return a === null || b === null ? one >= other : a >= b;
}

function compareNumbers(one: string, other: string): number {
  if (/e/i.test(one + other)) return Number(one) - Number(other);
  const digitsOf = (text: string) => text.split('.')[1]?.length ?? 0;
  const digits = Math.max(digitsOf(one), digitsOf(other));
  const scaled = (text: string) => BigInt(text.replace('.', '') + '0'.repeat(digits - digitsOf(text)));
  const [a, b] = [scaled(one), scaled(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

const anyMoment =
  /^(\d{4,6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?)?$/;
/** Before and after all moments. */
const endless: Readonly<Record<string, bigint>> = { '-infinity': -(1n << 100n), infinity: 1n << 100n };

/** Nanoseconds since 1970; `null`: it is no moment. */
function momentOf(text: string): bigint | null {
  if (Object.hasOwn(endless, text)) return endless[text]!;
  const found = anyMoment.exec(text);
  if (found === null) return null;
  const [, year, month, day, hours = 0, minutes = 0, seconds = 0, fraction = ''] = found;
  const [sign, offsetHours = 0, offsetMinutes = 0] = found.slice(8);
  // The calendar repeats after 400 years. Date has fewer years than databases.
  const [age, inAge] = [Math.floor(Number(year) / 400), Number(year) % 400];
  const days = Date.UTC(2000 + inAge, Number(month) - 1, Number(day)) / 86_400_000 + (age - 5) * 146_097;
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * (sign === '-' ? -1 : 1);
  const ofDay = (Number(hours) * 60 + Number(minutes) - offset) * 60 + Number(seconds);
  return (
    (BigInt(days) * 86_400n + BigInt(ofDay)) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9))
  );
}
