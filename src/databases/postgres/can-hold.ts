import type { ValueType } from '../../catalog/index.ts';
import { isPadded } from './types.ts';

const widest = { real: 3.4028235e38 } as const;

/** Whether a column of the type can hold a canonical value of another database. */
export function canHold(value: unknown, type: ValueType): boolean {
  const text = String(value);
  switch (type.scalar) {
    case 'date':
      return isDate(text);
    case 'timestamp':
    case 'timestamptz':
      return isMoment(text);
    case 'time':
      return isTime(text);
    case 'timetz':
      return /^\d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d:\d\d(?::\d\d)?$/.test(text) && isTime(text.slice(0, 8));
    case 'real':
      return !Number.isFinite(value) || Math.abs(value as number) <= widest.real;
    case 'numeric':
      return /^(?:NaN|-?Infinity|-?\d{1,131072}(?:\.\d{1,16383})?)$/.test(text);
    case 'text':
    case 'enum':
    case 'opaque':
      // Trailing blanks are not part of a blank-padded text.
      return !/[\0\p{Surrogate}]/u.test(text) && !(isPadded(type) && text.endsWith(' '));
    default:
      return true;
  }
}

const infinite = /^-?infinity$/;

function isDate(text: string): boolean {
  if (infinite.test(text)) return true;
  const match = /^(\d{4,7})-(\d\d)-(\d\d)( BC)?$/.exec(text);
  if (match === null) return false;
  const [, year, month, day, before] = match;
  const number = before === undefined ? Number(year) : 1 - Number(year);
  if (Number(year) === 0 || number < -4712 || number > 5_874_897) return false;
  return isDay(number, Number(month), Number(day));
}

/** Whether the day exists. The calendar repeats itself after 400 years. */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000 + (year % 400), month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isMoment(text: string): boolean {
  if (infinite.test(text)) return true;
  const match = /^(\d{4,6}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?:\+00:00)?( BC)?$/.exec(text);
  if (match === null) return false;
  const [, date, time, before = ''] = match;
  const year = Number.parseInt(date!, 10);
  return isDate(`${date}${before}`) && isTime(time!) && !time!.startsWith('24') && year <= 294_276;
}

function isTime(text: string): boolean {
  return /^(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?|24:00:00)$/.test(text);
}
