import type { ValueType } from '../../catalog/index.ts';
import { canHoldText } from './charset.ts';
import { bitsOf } from './types.ts';

/** Whether a column of the type can hold a canonical value of another database. */
export function canHold(value: unknown, type: ValueType): boolean {
  const text = String(value);
  switch (type.scalar) {
    case 'numeric':
      return isDecimal(text, type);
    case 'real':
    case 'float':
      return Number.isFinite(value);
    case 'date':
      return isDate(text) || isNoDay(text);
    case 'timestamp':
    case 'timestamptz':
      return isMoment(text);
    case 'time':
      return /^-?(?:\d\d|[0-7]\d\d|8[0-2]\d|83[0-8]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?$/.test(text);
    case 'text':
    case 'enum':
    case 'opaque':
      return isText(text, type);
    default:
      return true;
  }
}

/** Whether a decimal fits the scale of the column. Further digits would be rounded away in a table of keys. */
function isDecimal(text: string, { nativeType = '', scale }: ValueType): boolean {
  const match = /^-?(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return false;
  const [, whole, fraction = ''] = match;
  const declared = /^decimal\((\d+),(\d+)\)/.exec(nativeType);
  const digits = declared === null ? 20 : Number(declared[1]) - Number(declared[2]);
  return fraction.length <= (scale ?? 0) && (whole === '0' || whole!.length <= digits);
}

function isText(text: string, type: ValueType): boolean {
  const bits = bitsOf(type);
  if (bits !== null) return text.length === bits && /^[01]+$/.test(text);
  if (/\p{Surrogate}/u.test(text) || !canHoldText(text, type)) return false;
  const most = /^(?:var)?char\((\d+)\)/.exec(type.nativeType ?? '')?.[1];
  return most === undefined || text.length <= Number(most) || [...text].length <= Number(most);
}

/** Whether the text is a day of the calendar from the year 1 on. Other dates have no literal. */
export function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null || match[1] === '0000') return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(2000 + (year % 400), month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/**
 * Whether the text is a date that the server stores but has no literal for: `0000-00-00`, `2024-00-10`, `2024-02-31`. Numbers below 1000-01-01
 * would be other days.
 */
export function isNoDay(text: string): boolean {
  return (
    text === '0000-00-00' ||
    (text >= '1000' && /^\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])$/.test(text) && !isDate(text))
  );
}

function isMoment(text: string): boolean {
  const match = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:\+00:00)?$/.exec(text);
  return match !== null && (isDate(match[1]!) || isNoDay(match[1]!));
}
