import { checkNesting, isStackOverflow, nestedTooDeeply } from './nesting.ts';

/** Stands before the text of a number while native JSON functions work on it. Made anew for each process, so that no input can hold it. */
const mark = `exact number ${globalThis.crypto.randomUUID()} `;

let isMarking = false;
let hasMarked = false;

/** A JSON number that a double would change, kept as the text that was sent. */
export class ExactNumber {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** As JSON spells it; it may have an exponent. */
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

  /** Whether a double can hold it: spelled out again, it has the same digits. */
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

/** A number as JSON or GraphQL spells it: a double where that is the same number, else an ExactNumber. */
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

/** Exponents are longer only where the number is no double but 0: reading them would take long. */
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

/** An expression that is anchored at the end alone would look through each run of zeros once for each of its zeros. */
export function withoutEndingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}

/** JSON that was read. */
export interface ReadJson {
  readonly value: unknown;
  /** There are ExactNumbers in it. */
  readonly hasExact: boolean;
}

/** A number that may not fit into a double: 16 digits and points in a row, or an exponent. Numbers in strings are found as well. */
const suspicious = /(?:^|[:,[\s])-?(?:[\d.]{16}|\d[\d.]*[eE])/;

/**
 * Reads JSON as `JSON.parse` does, save that numbers which a double would change become ExactNumbers. Only texts that hold such a number
 * cost more than `JSON.parse`. Throws SyntaxError as `JSON.parse` does, FozError `limit-exceeded` where such a number stands too deep.
 */
export function readJson(text: string): ReadJson {
  const value: unknown = JSON.parse(text);
  if (!suspicious.test(text)) return { value, hasExact: false };
  const marked = withMarks(text);
  return marked === text ? { value, hasExact: false } : { value: unmarked(marked), hasExact: true };
}

/** As `readJson`; its value alone. */
export function parseJson(text: string): unknown {
  return readJson(text).value;
}

const number = /-?\d[\d.eE+-]*/g;
const marking = (text: string) => (numberOf(text) instanceof ExactNumber ? `"${mark}${text}"` : text);

/** Valid JSON, with every number that a double would change as a marked string. */
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

/** The JSON text of a value, ExactNumbers with all their digits. Throws FozError `limit-exceeded` for one that is nested too deeply. */
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

/** Whether an ExactNumber for which `test` holds stands somewhere in a value. */
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

/** The value with the digits of each ExactNumber as text in its place: for values that are kept as plain JSON. */
export function withDigits(value: unknown): unknown {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return value.map(withDigits);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withDigits(inner)]));
}

function tooDeep(error: unknown): unknown {
  return isStackOverflow(error) ? nestedTooDeeply() : error;
}
