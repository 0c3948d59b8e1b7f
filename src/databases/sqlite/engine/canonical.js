/**
 * Canonical text of stored values. A SQLite column can hold a value of any kind, so each function takes all kinds; a value without
 * a canonical form is returned unchanged, escaped for JSON. Used by the writer of answers and by the SQL functions that build JSON,
 * so that both produce the same text.
 */

/**
 * A value as it comes from SQLite; never null.
 * @typedef {number | bigint | string | Uint8Array} Stored
 * @typedef {(value: Stored) => string} Text
 */

/**
 * Any text between JSON's quotes.
 * @param {string} text
 */
function escaped(text) {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * @param {Stored} value
 * @returns {string}
 */
export function plainText(value) {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);
}

/**
 * The JSON text of a boolean. SQLite has no boolean type: a number is true unless it is 0; a text is true if it is `true`, `t`, `yes`, `y`,
 * `on` or `1` in any case.
 * @type {Text}
 */
export function booleanText(value) {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) === 0 ? 'false' : 'true';
  return /^\s*(true|t|yes|y|on|1)\s*$/i.test(plainText(value)) ? 'true' : 'false';
}

/**
 * A JSON value: digits of a number, and any other value as a JSON string.
 * @type {Text}
 */
export function integerText(value) {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' ? floatText(value) : JSON.stringify(plainText(value));
}

/**
 * A JSON value: the shortest digits that round-trip; infinite ones as JSON strings.
 * @type {Text}
 */
export function floatText(value) {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `"${value}"`;
  if (typeof value === 'bigint') return String(value);
  return JSON.stringify(plainText(value));
}

/**
 * Digits of an integer, for a place between quotes.
 * @type {Text}
 */
export function bigintText(value) {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' ? decimalText(value, null) : escaped(plainText(value));
}

/**
 * Digits without exponent, with `scale` digits after the point (null: as many as there are). Numbers stored as text keep
 * the digits they have.
 * @param {Stored} value
 * @param {number | null} scale
 * @returns {string}
 */
export function decimalText(value, scale) {
  if (typeof value === 'number') return numberDigits(value, scale);
  const text = typeof value === 'bigint' ? String(value) : plainText(value);
  const match = /^\s*([+-]?)(\d+)(?:\.(\d*))?\s*$/.exec(text);
  if (match === null) return escaped(text);
  const [, sign, whole, fraction = ''] = match;
  const padded = scale === null ? fraction : fraction.padEnd(scale, '0');
  return `${sign === '-' ? '-' : ''}${whole}${padded === '' ? '' : `.${padded}`}`;
}

/**
 * @param {number} value
 * @param {number | null} scale
 * @returns {string}
 */
function numberDigits(value, scale) {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1e21) return decimalText(BigInt(value), scale);
  if (scale !== null) return value.toFixed(scale).replace(/^-(?=[0.]*$)/, '');
  const text = String(value);
  const exponent = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text);
  if (exponent === null) return text;
  const [, sign, first, rest = '', places] = exponent;
  return `${sign}0.${'0'.repeat(Number(places) - 1)}${first}${rest}`;
}

/**
 * The canonical value of a reader, else the text as it is stored.
 * @param {(value: Stored) => string | null} read
 * @returns {Text}
 */
const orPlain = (read) => (value) => read(value) ?? plainText(value);

/**
 * As `orPlain`, for a place between JSON's quotes.
 * @param {(value: Stored) => string | null} read
 * @returns {Text}
 */
const orEscaped = (read) => (value) => read(value) ?? escaped(plainText(value));

/**
 * @param {Stored} value
 * @returns {string | null}
 */
function uuidOf(value) {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value).toLowerCase();
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)) return text;
  if (/^[0-9a-f]{32}$/.test(text)) return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return null;
}

/** Lower case with hyphens; of text with or without them, and of 16 bytes. */
export const uuidText = orEscaped(uuidOf);
export const plainUuid = orPlain(uuidOf);

/**
 * Bytes as base64.
 * @type {Text}
 */
export function base64Text(value) {
  return Buffer.from(value instanceof Uint8Array ? value : String(value)).toString('base64');
}

const moment =
  /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?\s*(?:[Zz]|([+-])(\d\d):?(\d\d)?)?$/;

/**
 * The moment as `2024-02-29T23:59:59.5` in UTC, or null where it is none. Numbers are milliseconds or seconds since 1970,
 * or a Julian day (as SQLite's own functions store it).
 * @param {Stored} value
 * @returns {string | null}
 */
function utc(value) {
  if (typeof value === 'number' || typeof value === 'bigint') return ofNumber(value);
  const match = moment.exec(plainText(value));
  if (match === null) return null;
  const [, date = '', hour = '00', minute = '00', second = '00', fraction = ''] = match;
  const trimmed = fraction.replace(/0+$/, '');
  const tail = trimmed === '' ? '' : `.${trimmed}`;
  const [sign, hours = '00', minutes = '00'] = match.slice(6);
  const offset = sign === undefined ? 0 : Number(hours) * 60 + Number(minutes);
  if (offset >= 24 * 60) return null;
  const there = `${date}T${hour}:${minute}:${second}`;
  if (offset === 0) return there + tail;
  const ms = Date.parse(`${there}Z`) + (sign === '-' ? offset : -offset) * 60_000;
  const text = Number.isNaN(ms) ? '' : new Date(ms).toISOString();
  // Years beyond 9999 or before 0000 have a sign and six digits.
  return text.length === 24 ? text.slice(0, 19) + tail : null;
}

/**
 * @param {number | bigint} stored
 * @returns {string | null}
 */
function ofNumber(stored) {
  const value = Number(stored);
  const julian = typeof stored === 'number' && !Number.isInteger(value) && value > 0 && value < 5373484.5;
  const ms = julian ? (value - 2440587.5) * 86400000 : Math.abs(value) >= 1e11 ? value : value * 1000;
  const date = new Date(Math.round(ms));
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999) return null;
  return date.toISOString().replace(/\.?0*Z$/, '');
}

/**
 * @param {Stored} value
 * @returns {string | null}
 */
function dateOf(value) {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)) return value;
  return utc(value)?.slice(0, 10) ?? null;
}

/** `2024-02-29` */
export const dateText = orEscaped(dateOf);
export const plainDate = orPlain(dateOf);

/**
 * @param {Stored} value
 * @returns {string | null}
 */
function timeOf(value) {
  const match = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?$/.exec(plainText(value));
  if (match === null) return null;
  const [, hour, minute, second = '00', fraction = ''] = match;
  const trimmed = fraction.replace(/0+$/, '');
  return `${hour}:${minute}:${second}${trimmed === '' ? '' : `.${trimmed}`}`;
}

/** `23:59:59.5` */
export const timeText = orEscaped(timeOf);
export const plainTime = orPlain(timeOf);

/**
 * @param {Stored} value
 * @returns {string | null}
 */
function timestampOf(value) {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value))
    return `${value.slice(0, 10)}T${value.slice(11)}`;
  return utc(value);
}

/** `2024-02-29T23:59:59.5` */
export const timestampText = orEscaped(timestampOf);
export const plainTimestamp = orPlain(timestampOf);

/**
 * `2024-02-29T23:59:59.5+00:00`
 * @type {Text}
 */
export function timestamptzText(value) {
  const text = utc(value);
  return text === null ? escaped(plainText(value)) : `${text}+00:00`;
}
