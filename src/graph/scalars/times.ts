import { refuse } from './refuse.ts';

const datePart = /^(\d{4,7})-(\d{2})-(\d{2})/;
const timePart = /^(-?)(\d{2,3}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?/;
const offsetPart = /^(?:[Zz]|([+-])(\d{2})(?::?(\d{2})(?::?(\d{2}))?)?)$/;
const infinite = /^-?infinity$/;

interface Offset {
  /** `+02:00` */
  readonly text: string;
  readonly minutes: number;
}
interface Moment {
  readonly date: string;
  /** `23:59:59.5`: with seconds, without trailing zeros. */
  readonly time: string;
  readonly offset: Offset | null;
  readonly era: Era;
}
/** The end of a date before Christ. */
type Era = '' | ' BC';

/**
 * Reads `2024-02-29`: a day that exists. A year beyond 9999 has more digits, a day before Christ ends in ` BC`. `infinity` and `-infinity` are
 * days as well. The engine refuses what its database cannot store.
 */
export function readDate(name: string, input: unknown): string {
  const advice = 'Send a calendar date, such as "2024-02-29"';
  const text = textOf(name, input, advice);
  if (infinite.test(text)) return text;
  const { rest: bare, era } = eraOf(text);
  const { date, rest } = dateOf(name, bare, era, input, advice);
  if (rest !== '') refuse(name, input, 'it is not a date', advice);
  return date + era;
}

/**
 * Reads `23:59:59.5`, without offset. Seconds are optional. Also reads what MySQL stores as a time: more than 24 hours, and less than none.
 */
export function readTime(name: string, input: unknown): string {
  const advice = 'Send a time of day, such as "23:59:59"';
  const text = textOf(name, input, advice);
  const { sign, hour, time, rest } = timeOf(name, text, input, advice);
  if (rest !== '') refuse(name, input, 'it is not a time of day without offset', advice);
  if (hour > 838) refuse(name, input, 'there is no such time of day', advice);
  return sign === '-' && /[1-9]/.test(time) ? `-${time}` : time;
}

/** Reads `23:59:59+02:00`, up to `24:00:00`. The default offset is UTC. */
export function readTimetz(name: string, input: unknown): string {
  const advice = 'Send a time of day with its offset, such as "23:59:59+02:00"';
  const text = textOf(name, input, advice);
  const { sign, hour, time, rest } = timeOf(name, text, input, advice);
  if (sign !== '' || (hour > 23 && time !== '24:00:00'))
    refuse(name, input, 'there is no such time of day', advice);
  return time + (rest === '' ? utc : offsetOf(name, rest, input, advice, 'seconds')).text;
}

/**
 * Reads `2024-02-29T23:59:59`, a local time. `Z` is dropped and another offset refused. A date alone is its midnight. Days as in
 * `readDate`.
 */
export function readTimestamp(name: string, input: unknown): string {
  const advice = 'Send a date and time without offset, such as "2024-02-29T23:59:59"';
  const moment = momentOf(name, input, advice);
  if (typeof moment === 'string') return moment;
  const { date, time, offset, era } = moment;
  if (offset !== null && offset.minutes !== 0) {
    refuse(name, input, 'the column keeps no offset, so this one would be lost', advice);
  }
  return `${date}T${time}${era}`;
}

/**
 * Reads an instant and returns it in UTC, `2024-02-29T23:59:59+00:00`. The default offset is UTC. A date alone is
 * its midnight. Days as in `readDate`.
 */
export function readTimestamptz(name: string, input: unknown): string {
  const advice = 'Send a date and time with its offset, such as "2024-02-29T23:59:59+02:00"';
  const moment = momentOf(name, input, advice);
  if (typeof moment === 'string') return moment;
  const { date, time, offset, era } = moment;
  if (offset === null || offset.minutes === 0) return `${date}T${time}${utc.text}${era}`;
  return inUtc(moment, offset.minutes);
}

/** A moment without its offset. The calendar repeats itself after 400 years, so that years that `Date` does not hold are moved. */
function inUtc({ date, time, era }: Moment, offset: number): string {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  const counted = era === '' ? year : 1 - year;
  const moved = Math.floor(counted / 400) * 400 - 2000;
  const instant = new Date(Date.UTC(counted - moved, month - 1, day, hour, minute - offset));
  const found = instant.getUTCFullYear() + moved;
  const shown = String(found < 1 ? 1 - found : found).padStart(4, '0');
  return `${shown}${instant.toISOString().slice(4, 16)}${time.slice(5)}${utc.text}${found < 1 ? ' BC' : ''}`;
}

const interval =
  /^([+-]?)P(?=[\d+-]|T)(?:([+-]?\d+)Y)?(?:([+-]?\d+)M)?(?:([+-]?\d+)W)?(?:([+-]?\d+)D)?(?:T(?=[\d+-])(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:[.,]\d{1,9})?)S)?)?$/i;

/** Reads an ISO 8601 duration, `P1Y2M3DT4H5M6.5S`. Only seconds may have a fraction. A leading sign applies to each part. */
export function readInterval(name: string, input: unknown): string {
  const advice = 'Send an ISO 8601 duration, such as "P1DT2H30M"';
  const text = textOf(name, input, advice);
  if (!interval.test(text)) refuse(name, input, 'it is not a duration', advice);
  const parts = text.toUpperCase().replace(',', '.').replace(/^[+-]/, '');
  return text.startsWith('-') ? parts.replaceAll(/([+-]?)(\d[\d.]*)/g, negated) : parts;
}

function negated(_: string, sign: string, digits: string): string {
  return sign === '-' || /^0+$/.test(digits) ? digits : `-${digits}`;
}

const utc: Offset = { text: '+00:00', minutes: 0 };

function textOf(name: string, input: unknown, advice: string): string {
  if (typeof input !== 'string') refuse(name, input, 'it is not text', advice);
  return input.trim();
}

/** `infinity` and `-infinity` as they are. */
function momentOf(name: string, input: unknown, advice: string): Moment | string {
  const text = textOf(name, input, advice);
  if (infinite.test(text)) return text;
  const { rest: bare, era } = eraOf(text);
  const { date, rest } = dateOf(name, bare, era, input, advice);
  if (rest === '') return { date, time: '00:00:00', offset: null, era };
  if (!/^[Tt ]/.test(rest)) refuse(name, input, 'it is not a date and time', advice);
  const { sign, hour, time, rest: end } = timeOf(name, rest.slice(1), input, advice);
  if (sign !== '' || hour > 23) refuse(name, input, 'there is no such time of day', advice);
  return { date, time, offset: end === '' ? null : offsetOf(name, end, input, advice), era };
}

function eraOf(text: string): { readonly rest: string; readonly era: Era } {
  return text.endsWith(' BC') ? { rest: text.slice(0, -3), era: ' BC' } : { rest: text, era: '' };
}

function dateOf(
  name: string,
  text: string,
  era: Era,
  input: unknown,
  advice: string,
): { readonly date: string; readonly rest: string } {
  const match = datePart.exec(text);
  if (match === null) refuse(name, input, 'it is not a date', advice);
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  // The year 1 BC is followed by the year 1.
  const days = daysIn(era === '' ? year : year - 1, month);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days) {
    refuse(name, input, 'there is no such day', advice);
  }
  const date = `${String(year).padStart(4, '0')}${match[0].slice(match[1]!.length)}`;
  return { date, rest: text.slice(match[0].length) };
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

interface Time {
  readonly sign: string;
  readonly hour: number;
  readonly time: string;
  /** The text after the time. */
  readonly rest: string;
}

function timeOf(name: string, text: string, input: unknown, advice: string): Time {
  const match = timePart.exec(text);
  if (match === null) refuse(name, input, 'it has no time of day', advice);
  const [, sign = '', hours, minute, second = '00', fraction = ''] = match;
  if (Number(minute) > 59 || Number(second) > 59) refuse(name, input, 'there is no such time of day', advice);
  const hour = Number(hours);
  const digits = fraction.replace(/0+$/, '');
  const time = `${String(hour).padStart(2, '0')}:${minute}:${second}${digits === '' ? '' : `.${digits}`}`;
  return { sign, hour, time, rest: text.slice(match[0].length).trimStart() };
}

/** `seconds`: the offset may have seconds, as those of PostgreSQL's `timetz` may. */
function offsetOf(name: string, text: string, input: unknown, advice: string, most?: 'seconds'): Offset {
  const match = offsetPart.exec(text);
  if (match === null || (match[4] !== undefined && most === undefined))
    refuse(name, input, 'its end is not an offset', advice);
  const [, sign, hours, minutes = '00', seconds = '00'] = match;
  if (sign === undefined) return utc;
  if (Number(hours) > 15 || Number(minutes) > 59 || Number(seconds) > 59)
    refuse(name, input, 'there is no such offset', advice);
  const size = Number(hours) * 60 + Number(minutes);
  if (size === 0 && Number(seconds) === 0) return utc;
  const end = Number(seconds) === 0 ? '' : `:${seconds}`;
  return { text: `${sign}${hours}:${minutes}${end}`, minutes: sign === '-' ? -size : size };
}
