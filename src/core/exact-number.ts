import { checkNesting, isStackOverflow, nestedTooDeeply } from './nesting.ts';

/**
 * Prefix of a number's text while native JSON functions work on it. It is random per process, so that no input can
 * contain it.
 */
const mark = `exact number ${globalThis.crypto.randomUUID()} `;

let isMarking = false;
let hasMarked = false;

/** A JSON number that a double would change, kept as its original text. */
export class ExactNumber {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The JSON text of the number; it may have an exponent. */
  get text(): string {
    return this.#text;
  }

  toString(): string {
    return this.#text;
  }

  /** The nearest double. */
  toNumber(): number {
    return Number(this.#text);
  }

  /** Whether a double can hold the number: written out again, it has the same digits. */
  get fitsDouble(): boolean {
    const value = Number(this.#text);
    return Number.isFinite(value) && digitsOf(this.#text) === digitsOf(String(value));
  }

  toJSON(): string {
    if (!isMarking) return this.#text;
    hasMarked = true;
    return mark + this.#text;
  }
}

/** The number of a JSON or GraphQL text: a double if that is exact, else an ExactNumber. */
export function numberOf(text: string): number | ExactNumber {
  const value = Number(text);
  return isSame(text, value) ? value : new ExactNumber(text);
}

const integer = /^-?\d{1,15}$/;

function isSame(text: string, value: number): boolean {
  if (integer.test(text)) return true;
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  return digitsOf(text) === digitsOf(String(value));
}

const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Exponents with more digits only occur in numbers that no double but 0 can hold. Reading them would take long. */
const longestExponent = 20;

/** Sign, digits without zeros at either end, and exponent: the same text for equal numbers. */
function digitsOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = withoutEndingZeros(digits);
  if (significant === '') return `${sign}0`;
  if (exponent.length > longestExponent) return text;
  const power = BigInt(exponent) - BigInt(fraction.length - (digits.length - significant.length));
  return `${sign}${significant}e${power}`;
}

/** Removes zeros at the end. A regular expression anchored at the end would take quadratic time on long runs of zeros. */
export function withoutEndingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}

/** Whether the value contains ExactNumbers. */
export interface ReadJson {
  readonly value: unknown;
  /** There are ExactNumbers in it. */
  readonly hasExact: boolean;
}

/**
 * Matches a number that may not fit into a double: 16 digits and points in a row, or an exponent. It also matches
 * within strings.
 */
const suspicious = /(?:^|[:,[\s])-?(?:[\d.]{16}|\d[\d.]*[eE])/;

/**
 * Reads JSON as `JSON.parse` does, except that numbers which a double would change become ExactNumbers. Only texts
 * with such a number cost more than `JSON.parse`. Throws SyntaxError as `JSON.parse` does, and FozError
 * `limit-exceeded` where such a number is nested too deeply.
 */
export function readJson(text: string): ReadJson {
  const value: unknown = JSON.parse(text);
  if (!suspicious.test(text)) return { value, hasExact: false };
  const marked = withMarks(text);
  return marked === text ? { value, hasExact: false } : { value: unmarked(marked), hasExact: true };
}

/** As `readJson`, but returns only the value. */
export function parseJson(text: string): unknown {
  return readJson(text).value;
}

const number = /-?\d[\d.eE+-]*/g;
const marking = (text: string) => (numberOf(text) instanceof ExactNumber ? `"${mark}${text}"` : text);

/** The JSON text with every number that a double would change as a marked string. */
function withMarks(text: string): string {
  let marked = '';
  for (let at = 0; ; ) {
    const start = text.indexOf('"', at);
    if (start < 0) return marked + text.slice(at).replace(number, marking);
    const end = endOfString(text, start);
    marked += text.slice(at, start).replace(number, marking) + text.slice(start, end);
    at = end;
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    let before = quote;
    while (text[before - 1] === '\\') before--;
    if ((quote - before) % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

function unmarked(text: string): unknown {
  const revive = (_key: string, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? new ExactNumber(value.slice(mark.length)) : value;
  try {
    const value: unknown = JSON.parse(text, revive);
    checkNesting(value, '$');
    return value;
  } catch (error) {
    throw tooDeep(error);
  }
}

const marks = new RegExp(`"${mark}([^"]*)"`, 'g');

/**
 * The JSON text of a value, with all digits of ExactNumbers. Throws FozError `limit-exceeded` for a value that is
 * nested too deeply.
 */
export function jsonText(value: unknown): string {
  isMarking = true;
  hasMarked = false;
  try {
    const text = JSON.stringify(value);
    return hasMarked ? text.replace(marks, '$1') : text;
  } catch (error) {
    throw tooDeep(error);
  } finally {
    isMarking = false;
  }
}

/** Whether a value contains an ExactNumber for which `test` holds. */
export function someExact(value: unknown, test: (number: ExactNumber) => boolean): boolean {
  if (value instanceof ExactNumber) return test(value);
  if (typeof value !== 'object' || value === null) return false;
  const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return parts.some((part) => someExact(part, test));
}

/** The value with the nearest double in place of each ExactNumber. */
export function withDoubles(value: unknown): unknown {
  if (value instanceof ExactNumber) return value.toNumber();
  if (Array.isArray(value)) return value.map(withDoubles);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withDoubles(inner)]));
}

/** The value with digits as text in place of each ExactNumber, for values that are stored as plain JSON. */
export function withDigits(value: unknown): unknown {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return value.map(withDigits);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withDigits(inner)]));
}

function tooDeep(error: unknown): unknown {
  return isStackOverflow(error) ? nestedTooDeeply() : error;
}
