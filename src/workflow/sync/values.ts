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
  const form = formOf(column, value);
  try {
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
      return typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    case 'boolean':
      if (['true', 't', '1'].includes(text)) return true;
      return ['false', 'f', '0'].includes(text) ? false : value;
    case 'date':
      return text.replace(/T.*$/, '');
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

/** A moment with an offset as date and time in UTC. Canonical moments are in UTC already, with all their digits. */
function inUtc(moment: string): string {
  const utc = /^(.*?)(?:Z|[+-]00(?::?00)?)$/.exec(moment);
  return utc !== null ? utc[1]! : new Date(moment).toISOString().slice(0, -1);
}

function unfit({ name, nativeType }: Column, value: unknown): FozError {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return new FozError('data-exception', `"${name}" (${nativeType}) cannot hold ${text.slice(0, 100)}.`);
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

/** Whether a value of the left side is later than one of the right side, or as late. Moments are compared with all their digits. */
export function isNoEarlier(left: unknown, right: unknown): boolean {
  if (left === null || left === undefined) return right === null || right === undefined;
  if (right === null || right === undefined) return true;
  const [one, other] = [String(left), String(right)];
  const number = /^-?\d+(?:\.\d+)?$/;
  if (number.test(one) && number.test(other)) return compareNumbers(one, other) >= 0;
  const [a, b] = [momentOf(one), momentOf(other)];
  return a === null || b === null ? one >= other : a >= b;
}

function compareNumbers(one: string, other: string): number {
  if (!one.includes('.') && !other.includes('.')) {
    const [a, b] = [BigInt(one), BigInt(other)];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return Number(one) - Number(other);
}

/** Nanoseconds since 1970; `null`: it is no moment. */
function momentOf(text: string): bigint | null {
  const found = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(text);
  if (found === null) return null;
  const [, date, time, fraction = '', offset = 'Z'] = found;
  const whole = Date.parse(`${date}T${time}${/^[+-]\d\d$/.test(offset) ? `${offset}:00` : offset}`);
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}
