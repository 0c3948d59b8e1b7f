import type { ByteReader } from './byte-reader.ts';

/** Dates and times of the binlog as the server prints them in UTC. Each is stored with `digits` digits of a second. */

const two = (value: number) => (value < 10 ? `0${value}` : String(value));
const four = (value: number) => String(value).padStart(4, '0');

/** Two digits take one byte. An odd number of digits is stored with a zero after them. */
const bytesOf = (digits: number) => Math.ceil(digits / 2);

function fraction(value: number, digits: number): string {
  if (digits === 0) return '';
  const stored = String(value).padStart(2 * bytesOf(digits), '0');
  return `.${stored.slice(0, digits)}`;
}

const fractionOf = (reader: ByteReader, digits: number) =>
  digits === 0 ? '' : fraction(reader.uintBE(bytesOf(digits)), digits);

/** `2024-02-29` */
export function readDate(reader: ByteReader): string {
  const value = reader.uint(3);
  return `${four(value >> 9)}-${two((value >> 5) & 15)}-${two(value & 31)}`;
}

/** `-838:59:59.000000`. The whole number, fraction included, is stored with an offset, so that its bytes sort. */
export function readTime(reader: ByteReader, digits: number): string {
  const bytes = bytesOf(digits);
  const stored = reader.uintBE(3 + bytes) - 2 ** (8 * (3 + bytes) - 1);
  const size = Math.abs(stored);
  const unit = 256 ** bytes;
  const whole = Math.floor(size / unit);
  const clock = `${two(whole >> 12)}:${two((whole >> 6) & 63)}:${two(whole & 63)}`;
  return `${stored < 0 ? '-' : ''}${clock}${fraction(size % unit, digits)}`;
}

/** `2024-02-29 23:59:59.5` */
export function readDatetime(reader: ByteReader, digits: number): string {
  const stored = reader.uintBE(5) - 2 ** 39;
  const day = Math.floor(stored / 2 ** 17);
  const clock = stored % 2 ** 17;
  const months = day >> 5;
  const date = `${four(Math.floor(months / 13))}-${two(months % 13)}-${two(day & 31)}`;
  const time = `${two(clock >> 12)}:${two((clock >> 6) & 63)}:${two(clock & 63)}`;
  return `${date} ${time}${fractionOf(reader, digits)}`;
}

/** `2024-02-29 23:59:59.5` in UTC. 0 is the zero date. */
export function readTimestamp(reader: ByteReader, digits: number): string {
  const seconds = reader.uintBE(4);
  const end = fractionOf(reader, digits);
  if (seconds === 0) return `0000-00-00 00:00:00${end}`;
  const [day, second] = [Math.floor(seconds / daySeconds), seconds % daySeconds];
  const clock = `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
  return `${dateOf(day)} ${clock}${end}`;
}

const daySeconds = 86_400;

/** The day whose text was made last. Most rows of a log are of the same day. */
let lastDay = { day: -1, text: '' };

/** `day`: since 1970. */
function dateOf(day: number): string {
  if (lastDay.day !== day)
    lastDay = { day, text: new Date(day * daySeconds * 1000).toISOString().slice(0, 10) };
  return lastDay.text;
}
