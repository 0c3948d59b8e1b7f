/** The SQL functions that an engine process adds: what SQLite cannot spell, or not as PostgreSQL does. */
import { RE2JS } from 're2js';
import * as canonical from './canonical.js';
import * as json from './json.js';

/** @typedef {import('@photostructure/sqlite').DatabaseSyncInstance} Database */
/** @typedef {import('./canonical.js').Stored} Stored */
/** @typedef {(...values: Stored[]) => string | number | Uint8Array | null} SqlFunction */

/** The prefix of the error messages of these functions, which distinguishes them from SQLite's own. */
const errorPrefix = 'foz: ';

const options = { deterministic: true, directOnly: true, useBigIntArguments: true };

/** @param {Database} database */
export function registerFunctions(database) {
  for (const [name, run] of Object.entries(values)) database.function(name, options, ofOne(name, run));
  for (const [name, run] of Object.entries(several)) {
    database.function(name, { ...options, varargs: true }, ofMany(name, run));
  }
  for (const [name, result] of Object.entries(deviations)) {
    database.aggregate(name, {
      start,
      step,
      result: (/** @type {number} */ at) => result(/** @type {Spread} */ (spreads[at])),
    });
  }
}

/**
 * What functions that make JSON answer for NULL; NULL for the others.
 * @param {string} name
 */
const forNull = (name) => (name.startsWith('foz_json_') ? 'null' : null);

/**
 * @param {string} name
 * @param {SqlFunction} run
 */
function ofOne(name, run) {
  const absent = forNull(name);
  /** @param {Stored | null} value */
  return (value) => (value === null ? absent : run(value));
}

/**
 * @param {string} name
 * @param {SqlFunction} run
 */
function ofMany(name, run) {
  const absent = forNull(name);
  /** @param {(Stored | null)[]} args */
  return (...args) => {
    if (args.includes(null)) return absent;
    try {
      return run(.../** @type {Stored[]} */ (args));
    } catch (error) {
      throw new Error(errorPrefix + (error instanceof Error ? error.message : String(error)));
    }
  };
}

/**
 * The bytes that are written as this base64 text; null: none are.
 * @param {string} text
 */
function bytesOf(text) {
  const bytes = Buffer.from(text, 'base64');
  return text !== '' && bytes.toString('base64') === text ? new Uint8Array(bytes) : null;
}

/** @param {string} text */
const quoted = (text) => `"${text}"`;

/**
 * A stored value to JSON text (`foz_json_*`) or to its canonical text.
 * @type {Record<string, SqlFunction>}
 */
const values = {
  foz_json_boolean: canonical.booleanText,
  foz_json_float: canonical.floatText,
  foz_json_integer: canonical.integerText,
  foz_json_uuid: (value) => quoted(canonical.uuidText(value)),
  foz_json_date: (value) => quoted(canonical.dateText(value)),
  foz_json_time: (value) => quoted(canonical.timeText(value)),
  foz_json_timestamp: (value) => quoted(canonical.timestampText(value)),
  foz_json_timestamptz: (value) => quoted(canonical.timestamptzText(value)),
  foz_date: canonical.plainDate,
  foz_time: canonical.plainTime,
  foz_timestamp: canonical.plainTimestamp,
  foz_uuid: canonical.plainUuid,
  foz_base64: canonical.base64Text,
  foz_document: (value) => json.document(canonical.plainText(value)),
  foz_truth: (value) => (canonical.booleanText(value) === 'true' ? 1 : 0),
  foz_unbase64: (value) => bytesOf(canonical.plainText(value)),
  foz_lower: (value) => canonical.plainText(value).toLowerCase(),
};

/** @type {Map<string, RE2JS>} */
const patterns = new Map();
/** Most of them, and most characters of all of them. */
const mostPatterns = { count: 200, characters: 1_000_000 };
let patternCharacters = 0;

/**
 * Compiled once per pattern; the engine needs time linear in the text, whatever the pattern.
 * @param {string} pattern
 * @param {boolean} insensitive
 */
function regex(pattern, insensitive) {
  const key = `${insensitive ? 'i' : 's'}${pattern}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const made = RE2JS.compile(pattern, RE2JS.DOTALL | (insensitive ? RE2JS.CASE_INSENSITIVE : 0));
  patternCharacters += pattern.length;
  if (patterns.size >= mostPatterns.count || patternCharacters > mostPatterns.characters) {
    patterns.clear();
    patternCharacters = pattern.length;
  }
  patterns.set(key, made);
  return made;
}

/** @param {Stored | undefined} value */
const text = (value) => canonical.plainText(/** @type {Stored} */ (value));

/**
 * Functions of several values.
 * @type {Record<string, SqlFunction>}
 */
const several = {
  /** Value, scale (-1: none), 1 for a JSON string. */
  foz_json_decimal: (value, scale, string) => {
    const digits = canonical.decimalText(
      /** @type {Stored} */ (value),
      Number(scale) < 0 ? null : Number(scale),
    );
    return Number(string) === 1 || !/^-?\d+(?:\.\d+)?$/.test(digits) ? quoted(digits) : digits;
  },
  /** Text, pattern, 1 to ignore case. */
  foz_regex: (value, pattern, insensitive) =>
    regex(String(pattern), Number(insensitive) === 1).test(text(value)) ? 1 : 0,
  foz_doc_append: (a, b) => json.append(text(a), text(b)),
  foz_doc_delete_key: (a, key) => json.deleteKey(text(a), text(key)),
  foz_doc_delete_element: (a, index) => json.deleteElement(text(a), Number(index)),
  foz_doc_delete_path: (a, path) => json.deletePath(text(a), JSON.parse(text(path))),
  foz_doc_canonical: (a) => json.canonicalJson(text(a)),
  foz_doc_contains: (a, b) => (json.jsonContains(text(a), text(b)) ? 1 : 0),
  /** Document, keys as a JSON array, 1 if the document must have all of them. */
  foz_doc_has: (a, keys, all) => (json.hasKeys(text(a), JSON.parse(text(keys)), Number(all) === 1) ? 1 : 0),
};

/** @typedef {{ count: number, mean: number, squares: number }} Spread */

/**
 * States of the aggregates of the running statement. The package would turn a state into JSON and back for every row; a
 * number it keeps as it is.
 * @type {Spread[]}
 */
const spreads = [];

/** Forgets the states of the statement before. */
export function startStatement() {
  spreads.length = 0;
}

const start = () => spreads.push({ count: 0, mean: 0, squares: 0 }) - 1;

/**
 * Welford's update: stable where sums of squares are not. NULLs do not count.
 * @param {number} at
 * @param {unknown} value
 */
function step(at, value) {
  const state = spreads[at];
  if (typeof value !== 'number' || state === undefined) return at;
  state.count++;
  const delta = value - state.mean;
  state.mean += delta / state.count;
  state.squares += delta * (value - state.mean);
  return at;
}

/** @param {Spread} state */
const population = ({ count, squares }) => (count === 0 ? null : squares / count);
/** @param {Spread} state */
const sample = ({ count, squares }) => (count < 2 ? null : squares / (count - 1));
/** @param {number | null} variance */
const root = (variance) => (variance === null ? null : Math.sqrt(variance));

/** @type {Record<string, (state: Spread) => number | null>} */
const deviations = {
  foz_var_pop: population,
  foz_var_samp: sample,
  foz_stddev_pop: (state) => root(population(state)),
  foz_stddev_samp: (state) => root(sample(state)),
};
