import { ExactNumber } from '../../core/index.ts';
import { refuse } from './refuse.ts';

const whole = /^([+-]?)0*(\d+)$/;
const lowest = -(2n ** 63n);
const highest = 2n ** 63n - 1n;

/** Reads a 64-bit integer, from digits or from a JSON number that has lost none. Returns digits. */
export function readBigint(name: string, input: unknown): string {
  const text = digitsOf(name, input, 'Send whole digits, such as "9007199254740993"');
  const match = whole.exec(text);
  if (match === null) {
    refuse(name, input, 'it is not a whole number', 'Send whole digits, such as "9007199254740993"');
  }
  const digits = match[1] === '-' && match[2] !== '0' ? `-${match[2]}` : match[2]!;
  const fits =
    digits.length < 19 || (digits.length < 21 && BigInt(digits) >= lowest && BigInt(digits) <= highest);
  if (!fits)
    refuse(name, input, 'it does not fit into 64 bits', `Send a number from ${lowest} to ${highest}`);
  return digits;
}

/** A text unchanged, or a number as text. Refuses a number that may have lost digits. */
function digitsOf(name: string, input: unknown, advice: string): string {
  if (typeof input === 'string') return input;
  if (input instanceof ExactNumber) return withoutExponent(input.text);
  if (typeof input !== 'number') refuse(name, input, 'it is neither text nor a number', advice);
  if (!Number.isInteger(input)) refuse(name, input, 'it is not a whole number', advice);
  if (!Number.isSafeInteger(input)) {
    refuse(name, input, 'a JSON number of this size may have lost digits', 'Send it as a string');
  }
  return String(input);
}

/** `12e18` as whole digits, so that it counts as a whole number. Any other text unchanged. */
function withoutExponent(text: string): string {
  const match = decimal.exec(text);
  const exponent = Number(match?.[4] ?? 0);
  // A larger exponent does not fit into 64 bits, whatever the digits are.
  if (match === null || match[4] === undefined || Math.abs(exponent) > 100) return text;
  return plain(match[1] === '-', match[2]! + (match[3] ?? ''), match[2]!.length + exponent).replace(
    /\.0*$/,
    '',
  );
}

const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,7}))?$/;
/** PostgreSQL's limits, the widest of all engines. */
const mostDigits = { before: 131_072, after: 16_383 };

/** Numbers that are not finite, as fields show them. */
const notFinite = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/**
 * Reads an exact decimal as plain digits: no exponent, no leading zeros, trailing zeros kept (`1.50` stays `1.50`). The texts `NaN`,
 * `Infinity` and `-Infinity` stay as they are; the engine refuses what its database cannot store.
 */
export function readNumeric(name: string, input: unknown): string {
  if (typeof input === 'string' && notFinite.has(input)) return input;
  const advice = 'Send a decimal number, such as "12.50"';
  if (typeof input !== 'string' && typeof input !== 'number' && !(input instanceof ExactNumber)) {
    refuse(name, input, 'it is neither text nor a number', advice);
  }
  const match = decimal.exec(String(input));
  const given = match === null ? '' : match[2]! + (match[3] ?? '');
  if (match === null || given === '') refuse(name, input, 'it is not a number', advice);
  const point = match[2]!.length + Number(match[4] ?? 0);
  if (point > mostDigits.before || given.length - point > mostDigits.after) {
    const { before, after } = mostDigits;
    refuse(
      name,
      input,
      'it has too many digits',
      `Send at most ${before} digits before and ${after} after the point`,
    );
  }
  return plain(match[1] === '-', given, point);
}

/** The digits with the decimal point at position `point`, which may lie outside of them. */
function plain(negative: boolean, digits: string, point: number): string {
  const before = point <= 0 ? '' : digits.slice(0, point).padEnd(point, '0');
  const after = point < 0 ? '0'.repeat(-point) + digits : digits.slice(point);
  const text = `${before.replace(/^0+/, '') || '0'}${after === '' ? '' : `.${after}`}`;
  return negative && /[1-9]/.test(text) ? `-${text}` : text;
}

/** Reads a 16-bit integer. */
export function readSmallint(name: string, input: unknown): number {
  const advice = 'Send a whole number from -32768 to 32767';
  if (typeof input !== 'number') refuse(name, input, 'it is not a number', advice);
  if (!Number.isInteger(input)) refuse(name, input, 'it is not a whole number', advice);
  if (input < -32_768 || input > 32_767) refuse(name, input, 'it does not fit into 16 bits', advice);
  return input === 0 ? 0 : input;
}

const widestReal = 3.4028235677973366e38;

/** Reads a 32-bit floating point number. The database rounds it. */
export function readReal(name: string, input: unknown): number {
  const number = readFloat(name, input);
  if (Number.isFinite(number) && Math.abs(number) >= widestReal) {
    refuse(
      name,
      input,
      'it does not fit into 32 bits',
      'Send a number between -3.4028235e38 and 3.4028235e38',
    );
  }
  return number;
}

/** Reads a 64-bit floating point number. The texts `NaN`, `Infinity` and `-Infinity` are numbers that are not finite. */
export function readFloat(name: string, input: unknown): number {
  const special = typeof input === 'string' ? notFinite.get(input) : undefined;
  if (special !== undefined) return special;
  const advice = 'Send a number, such as 0.5';
  if (typeof input !== 'number') refuse(name, input, 'it is not a number', advice);
  if (!Number.isFinite(input)) {
    refuse(
      name,
      input,
      'it does not fit into 64 bits',
      'Send a number between -1.7976931348623157e308 and 1.7976931348623157e308',
    );
  }
  return input;
}
