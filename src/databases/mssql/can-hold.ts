import type { ValueType } from '../../catalog/index.ts';
import { isOnGrain } from './coarse.ts';
import { digitsOf, nativeOf } from './types.ts';

/** Whether a column of the type can hold a canonical value of another database. */
export function canHold(value: unknown, type: ValueType): boolean {
  const text = String(value);
  switch (type.scalar) {
    case 'numeric':
      return isDecimal(text, type);
    case 'real':
    case 'float':
      return Number.isFinite(Number(value));
    case 'date':
      return isDate(text);
    case 'timestamp':
      return isMoment(text) && isOnGrain(text, type);
    case 'timestamptz':
      return isMoment(text);
    case 'time':
      return /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,7})?$/.test(text);
    case 'uuid':
      return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
    case 'text':
    case 'enum':
    case 'opaque':
      return isText(text, type);
    default:
      return true;
  }
}

function isDecimal(text: string, type: ValueType): boolean {
  const match = /^-?0*(\d*)(?:\.(\d*?)0*)?$/.exec(text);
  if (match === null || !/\d/.test(text)) return false;
  const { whole, scale } = digitsOf(type);
  return match[1]!.length <= whole && (match[2] ?? '').length <= scale;
}

function isText(text: string, type: ValueType): boolean {
  if (/\p{Surrogate}/u.test(text)) return false;
  const most = Number(nativeOf(type).size);
  return !Number.isInteger(most) || most === 0 || text.length <= most;
}

/** Whether the text is a day from the year 1 to 9999. */
export function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null || match[1] === '0000') return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(2000 + (year % 400), month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isMoment(text: string): boolean {
  const match = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,7})?(?:\+00:00)?$/.exec(text);
  return match !== null && isDate(match[1]!);
}
