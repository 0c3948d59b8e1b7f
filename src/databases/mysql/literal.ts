import { FozError } from '../../core/index.ts';

/**
 * An SQL literal. Only the functions of this file create one, each from a value that it has checked or quoted. Every other bound value is
 * quoted as text.
 */
export class Literal {
  readonly #spelling: string;
  constructor(guard: typeof made, spelling: string) {
    if (guard !== made) throw new TypeError('Literal is made by the functions of its file only');
    this.#spelling = spelling;
  }
  /** The SQL text of the literal. */
  static spelling(literal: Literal): string {
    return literal.#spelling;
  }
}
const made = Symbol('literal');

/**
 * Text between quotes, with quotes doubled. The meaning of a backslash depends on `sql_mode`, so text with a backslash or a NUL is written
 * as hexadecimal digits. The literal is thus safe in every mode.
 * Throws FozError `data-exception` for half of a surrogate pair.
 */
export function quoted(text: string): string {
  if (/\p{Surrogate}/u.test(text))
    throw new FozError(
      'data-exception',
      'A text holds half of a surrogate pair, which is not Unicode: send whole characters.',
    );
  if (/[\\\0]/.test(text)) return `_utf8mb4 x'${Buffer.from(text).toString('hex')}'`;
  return text.includes("'") ? `'${text.replaceAll("'", "''")}'` : `'${text}'`;
}

/** The SQL text of a bound value: `null`, a literal, or anything else quoted as text. */
export function spellingOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return value instanceof Literal ? Literal.spelling(value) : quoted(String(value));
}

export function textLiteral(value: unknown): Literal {
  return new Literal(made, quoted(String(value)));
}

/**
 * Text that the character set of a column cannot represent. The explicit collation makes the comparison legal (and false); without it the
 * server would refuse the comparison.
 */
export function foreignTextLiteral(value: unknown): Literal {
  return new Literal(made, `${quoted(String(value))} collate utf8mb4_bin`);
}

const exact = /^-?\d+(?:\.\d+)?$/;

/** A whole or decimal number, exact. Throws FozError `data-exception` for anything else. */
export function exactLiteral(value: unknown): Literal {
  const digits = String(value);
  if (!exact.test(digits)) throw notA('decimal number, and NaN and infinite numbers cannot be stored');
  return new Literal(made, signed(digits));
}

/** A floating point number. Throws FozError `data-exception` for what is not finite. */
export function floatLiteral(value: unknown): Literal {
  const number = typeof value === 'number' ? value : Number(String(value).trim() === '' ? Number.NaN : value);
  if (!Number.isFinite(number)) throw notA('number that can be stored: NaN and infinite numbers cannot');
  return new Literal(made, Object.is(number, -0) ? '(-0e0)' : signed(number.toExponential()));
}

/** Puts negative numbers in parentheses, so that they can follow a minus. */
function signed(digits: string): string {
  return digits.startsWith('-') ? `(${digits})` : digits;
}

/** Bytes from base64. */
export function bytesLiteral(base64: unknown): Literal {
  return new Literal(made, `x'${Buffer.from(String(base64), 'base64').toString('hex')}'`);
}

const spellings = {
  date: /^\d{4}-\d\d-\d\d$/,
  time: /^-?\d{2,3}:\d\d:\d\d(?:\.\d+)?$/,
  timestamp: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$/,
} as const;

export const wanted = {
  date: 'date of the years 0000 to 9999, which are all that can be stored',
  time: 'time from -838:59:59 to 838:59:59, which are all that can be stored',
  timestamp: 'date and time of the years 0000 to 9999, which are all that can be stored',
} as const;

/** Whether a time has a fraction beyond the longest time. The server would compare it as the longest time. */
const isTooLong = (time: string) => /^-?838:59:59\./.test(time);

/** `timestamp'2024-02-29 23:59:59'`. Throws FozError `data-exception` for text of another form. */
export function momentLiteral(kind: keyof typeof spellings, text: string): Literal {
  if (!spellings[kind].test(text) || isTooLong(text)) throw notA(wanted[kind]);
  // The server stores at most six digits. A time of day has no literal type that works in every comparison.
  const digits = text.replace(/(\.\d{6})\d+$/, '$1');
  return new Literal(made, kind === 'time' ? `'${digits}'` : `${kind}'${digits}'`);
}

/** `2024-00-10 01:02:03.5` as the number that the server makes of it: 20240010010203.5. Throws as `exactLiteral`. */
export function digitsLiteral(moment: string): Literal {
  return exactLiteral(moment.replaceAll(/[-T: ]/g, ''));
}

/** A moment that no date equals. In a list with numbers alone MySQL would not find `0000-00-00`. */
export const noDate = new Literal(made, "timestamp'9999-12-31 23:59:59'");

/** Types of keys that are dates or moments, and of those that are written as numbers or as text. */
export const keyTypeLiterals = {
  date: new Literal(made, 'date'),
  timestamp: new Literal(made, 'datetime(6)'),
  text: new Literal(made, 'varchar(26)'),
  dateNumber: new Literal(made, 'bigint'),
  timestampNumber: new Literal(made, 'decimal(20, 6)'),
} as const;

/** `time'12:00:00'`, for tuples: MySQL compares a single tuple with the text of a time as texts. */
export function timeLiteral(text: string): Literal {
  if (!spellings.time.test(text) || isTooLong(text)) throw notA(wanted.time);
  return new Literal(made, `time'${text.replace(/(\.\d{6})\d+$/, '$1')}'`);
}

/** The elements of a list between commas, for `in (...)`. An empty list becomes a query without rows. */
export function listLiteral(elements: readonly (Literal | null)[]): Literal {
  if (elements.length === 0) return new Literal(made, nothing);
  return new Literal(made, elements.map(spellingOf).join(', '));
}
const nothing = 'select null from (select 1) foz_nothing where false';

/** Tuples between commas, for `(a, b) in (...)`. No tuples become a query without rows, of `width` columns. */
export function tuplesLiteral(tuples: readonly (readonly Literal[])[], width: number): Literal {
  if (tuples.length === 0)
    return new Literal(made, nothing.replace('null', Array(width).fill('null').join(', ')));
  return new Literal(made, tuples.map((tuple) => `(${tuple.map(spellingOf).join(', ')})`).join(', '));
}

/** Alternating paths and documents, as arguments of JSON functions. Without any, a pair that changes nothing. */
export function membersLiteral(members: readonly (readonly [path: string, json: string])[]): Literal {
  if (members.length === 0) return new Literal(made, "'$', null");
  const spelled = members.map(([path, json]) => `${quoted(path)}, json_extract(${quoted(json)}, '$')`);
  return new Literal(made, spelled.join(', '));
}

function notA(what: string): FozError {
  return new FozError('data-exception', `A value is not a ${what}.`);
}
