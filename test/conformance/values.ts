import { familyOf, type ScalarFamily, type ValueType } from '../../src/catalog/index.ts';
import { compareExact, exact } from './exact.ts';

/** Wraps a JSON document, so that the document `null` differs from NULL. */
export class Document {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** The value of a column in a row: canonical, `null` for NULL. */
export type Held = string | number | boolean | Document | null;

/** A row by the names of its columns in the database. */
export type Row = Readonly<Record<string, Held>>;

const numbers: ReadonlySet<ScalarFamily> = new Set(['integer', 'decimal', 'float']);

/** The order of two values of a type, neither NULL. Text is compared by code point. */
export function compareHeld(type: ValueType, a: Held, b: Held): number {
  const family = familyOf(type.scalar);
  if (numbers.has(family)) return compareExact(exact(a), exact(b));
  if (family === 'boolean') return Number(a) - Number(b);
  if (family === 'json') return sameDocument(plain(a), plain(b)) ? 0 : 1;
  if (family === 'timestamp' || family === 'time') return compareText(moment(String(a)), moment(String(b)));
  if (family === 'uuid') return compareText(String(a).toLowerCase(), String(b).toLowerCase());
  return compareText(String(a), String(b));
}

/** The document inside, or the value itself. */
export function plain(value: unknown): unknown {
  return value instanceof Document ? value.value : value;
}

function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** `2024-01-01T10:00:00.5+00:00` with a fixed number of digits, so that text order equals time order. */
function moment(text: string): string {
  const [, whole = '', fraction = ''] = /^([^.+Z]*)(?:\.(\d+))?(?:\+00:00|Z)?$/.exec(text) ?? [];
  if (whole === '') throw new Error(`${text} is not a moment in UTC`);
  return `${whole}.${fraction.padEnd(9, '0')}`;
}

/** Whether two JSON values are the same, whatever the order of their members. */
export function sameDocument(a: unknown, b: unknown): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), b as Record<string, unknown>];
  return (
    left.length === Object.keys(right).length &&
    left.every(([key, value]) => key in right && sameDocument(value, right[key]))
  );
}

/** A value as an answer contains it. */
export function answered(type: ValueType, value: Held): unknown {
  if (value === null) return null;
  const family = familyOf(type.scalar);
  if (type.scalar === 'bigint' || family === 'decimal') return String(value);
  return plain(value);
}
