import { refuse } from './refuse.ts';

const datePart = /^(\d{4})-(\d{2})-(\d{2})/;
const timePart = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?/;
const offsetPart = /^(?:[Zz]|([+-])(\d{2})(?::?(\d{2}))?)$/;

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
}

/** Reads `2024-02-29`: a day that exists, in the years 0001 to 9999. */
export function readDate(name: string, input: unknown): string {
  const advice = 'Send a calendar date, such as "2024-02-29"';
  const text = textOf(name, input, advice);
  if (text.length !== 10) refuse(name, input, 'it is not a date', advice);
  return dateOf(name, text, input, advice);
}

/** Reads `23:59:59.5`, without offset. Seconds are optional. */
export function readTime(name: string, input: unknown): string {
  const advice = 'Send a time of day, such as "23:59:59"';
  const text = textOf(name, input, advice);
  const { time, rest } = timeOf(name, text, input, advice);
  if (rest !== '') refuse(name, input, 'it is not a time of day without offset', advice);
  return time;
}

/** Reads `23:59:59+02:00`. The default offset is UTC. */
export function readTimetz(name: string, input: unknown): string {
  const advice = 'Send a time of day with its offset, such as "23:59:59+02:00"';
  const text = textOf(name, input, advice);
  const { time, rest } = timeOf(name, text, input, advice);
  return time + (rest === '' ? utc : offsetOf(name, rest, input, advice)).text;
}

/** Reads `2024-02-29T23:59:59`, a local time. `Z` is dropped and another offset refused. A date alone is its midnight. */
export function readTimestamp(name: string, input: unknown): string {
  const advice = 'Send a date and time without offset, such as "2024-02-29T23:59:59"';
  const { date, time, offset } = momentOf(name, input, advice);
  if (offset !== null && offset.minutes !== 0) {
    refuse(name, input, 'the column keeps no offset, so this one would be lost', advice);
  }
  return `${date}T${time}`;
}

/**
 * Reads an instant and returns it in UTC, `2024-02-29T23:59:59+00:00`. The default offset is UTC. A date alone is
 * its midnight.
 */
export function readTimestamptz(name: string, input: unknown): string {
  const advice = 'Send a date and time with its offset, such as "2024-02-29T23:59:59+02:00"';
  const { date, time, offset } = momentOf(name, input, advice);
  if (offset === null || offset.minutes === 0) return `${date}T${time}${utc.text}`;
  const instant = new Date(0);
  instant.setUTCFullYear(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8)));
  instant.setUTCHours(
    Number(time.slice(0, 2)),
    Number(time.slice(3, 5)) - offset.minutes,
    Number(time.slice(6, 8)),
  );
  const year = instant.getUTCFullYear();
  if (year < 1 || year > 9999) refuse(name, input, 'in UTC it is not within the years 0001 to 9999', advice);
  return `${instant.toISOString().slice(0, 19)}${time.slice(8)}${utc.text}`;
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

function momentOf(name: string, input: unknown, advice: string): Moment {
  const text = textOf(name, input, advice);
  const date = dateOf(name, text, input, advice);
  if (text.length === 10) return { date, time: '00:00:00', offset: null };
  if (!/^[Tt ]$/.test(text.charAt(10))) refuse(name, input, 'it is not a date and time', advice);
  const { time, rest } = timeOf(name, text.slice(11), input, advice);
  return { date, time, offset: rest === '' ? null : offsetOf(name, rest, input, advice) };
}

function dateOf(name: string, text: string, input: unknown, advice: string): string {
  const match = datePart.exec(text);
  if (match === null) refuse(name, input, 'it is not a date', advice);
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) {
    refuse(name, input, 'there is no such day', advice);
  }
  return match[0];
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function timeOf(name: string, text: string, input: unknown, advice: string): { time: string; rest: string } {
  const match = timePart.exec(text);
  if (match === null) refuse(name, input, 'it has no time of day', advice);
  const [, hour, minute, second = '00', fraction = ''] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    refuse(name, input, 'there is no such time of day', advice);
  }
  const digits = fraction.replace(/0+$/, '');
  const time = `${hour}:${minute}:${second}${digits === '' ? '' : `.${digits}`}`;
  return { time, rest: text.slice(match[0].length).trimStart() };
}

function offsetOf(name: string, text: string, input: unknown, advice: string): Offset {
  const match = offsetPart.exec(text);
  if (match === null) refuse(name, input, 'its end is not an offset', advice);
  const [, sign, hours, minutes = '00'] = match;
  if (sign === undefined) return utc;
  if (Number(hours) > 15 || Number(minutes) > 59) refuse(name, input, 'there is no such offset', advice);
  const size = Number(hours) * 60 + Number(minutes);
  if (size === 0) return utc;
  return { text: `${sign}${hours}:${minutes}`, minutes: sign === '-' ? -size : size };
}
