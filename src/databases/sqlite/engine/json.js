/**
 * Changes to JSON text with the meaning of PostgreSQL's jsonb operators. Members keep the spelling they were stored with, so
 * that no digit of a number is lost.
 */

/** @typedef {{ key: string, raw: string }} Member */
/**
 * The parts of a JSON text at its top level, each spelled as it stands.
 * @typedef {{ kind: 'object', members: Member[] } | { kind: 'array', items: string[] } | { kind: 'scalar', raw: string }} Parts
 */

/**
 * @param {string} text
 * @returns {Parts}
 */
function parts(text) {
  JSON.parse(text); // refuses what is no JSON, so that below only well-formed text is cut
  const raw = text.trim();
  if (raw[0] === '[') return { kind: 'array', items: split(raw) };
  if (raw[0] !== '{') return { kind: 'scalar', raw };
  const members = split(raw).map((member) => {
    const end = stringEnd(member, 0);
    const key = /** @type {string} */ (JSON.parse(member.slice(0, end)));
    return { key, raw: member.slice(member.indexOf(':', end) + 1).trim() };
  });
  // Of equal keys the last one counts.
  const last = new Map(members.map((member) => [member.key, member]));
  return { kind: 'object', members: [...last.values()] };
}

/**
 * What stands between the commas of an array or object.
 * @param {string} raw
 */
function split(raw) {
  /** @type {string[]} */
  const found = [];
  let depth = 0;
  let start = 1;
  for (let at = 1; at < raw.length - 1; at++) {
    const sign = raw[at];
    if (sign === '"') at = stringEnd(raw, at) - 1;
    else if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') depth--;
    else if (sign === ',' && depth === 0) {
      found.push(raw.slice(start, at).trim());
      start = at + 1;
    }
  }
  const rest = raw.slice(start, -1).trim();
  if (rest !== '') found.push(rest);
  return found;
}

/**
 * Position after the string that begins at `at`.
 * @param {string} raw
 * @param {number} at
 */
function stringEnd(raw, at) {
  let end = at + 1;
  while (raw[end] !== '"') end += raw[end] === '\\' ? 2 : 1;
  return end + 1;
}

/** @param {readonly Member[]} members */
function object(members) {
  return `{${members.map(({ key, raw }) => `${JSON.stringify(key)}:${raw}`).join(',')}}`;
}

/** @param {readonly string[]} items */
function array(items) {
  return `[${items.join(',')}]`;
}

/**
 * `a || b`: objects are merged (`b` wins), arrays joined, anything else becomes an element.
 * @param {string} a
 * @param {string} b
 */
export function append(a, b) {
  const left = parts(a);
  const right = parts(b);
  if (left.kind === 'object' && right.kind === 'object') {
    const merged = new Map([...left.members, ...right.members].map((member) => [member.key, member]));
    return object([...merged.values()]);
  }
  const elements = [left, right].flatMap((side, index) =>
    side.kind === 'array' ? side.items : [(index === 0 ? a : b).trim()],
  );
  return array(elements);
}

/**
 * `text - key`: a key of an object, or all equal strings of an array.
 * @param {string} text
 * @param {string} key
 */
export function deleteKey(text, key) {
  const value = parts(text);
  if (value.kind === 'object') return object(value.members.filter((member) => member.key !== key));
  if (value.kind === 'array')
    return array(value.items.filter((item) => item[0] !== '"' || JSON.parse(item) !== key));
  throw new Error('a key cannot be deleted from a JSON value that is neither object nor array');
}

/**
 * `text - index`: an element of an array, from the end where negative; nothing where there is none.
 * @param {string} text
 * @param {number} index
 */
export function deleteElement(text, index) {
  const value = parts(text);
  if (value.kind !== 'array')
    throw new Error('an element cannot be deleted from a JSON value that is no array');
  const position = index < 0 ? value.items.length + index : index;
  return array(value.items.filter((_, at) => at !== position));
}

/**
 * `text #- path`: what stands at the path; nothing where there is nothing.
 * @param {string} text
 * @param {readonly string[]} path
 * @returns {string}
 */
export function deletePath(text, path) {
  if (parts(text).kind === 'scalar') throw new Error('a path cannot be deleted from a JSON scalar');
  return path.length === 0 ? text : without(text, path);
}

/**
 * @param {string} text
 * @param {readonly string[]} path
 * @returns {string}
 */
function without(text, path) {
  const [step, ...rest] = path;
  if (step === undefined) return text;
  const value = parts(text);
  if (value.kind === 'object') {
    const members = rest.length === 0 ? value.members.filter(({ key }) => key !== step) : value.members;
    return object(
      members.map((member) => (member.key === step ? { key: step, raw: without(member.raw, rest) } : member)),
    );
  }
  if (value.kind === 'scalar') return text;
  if (!/^[+-]?\d+$/.test(step)) throw new Error('a path into a JSON array must name an index');
  const index = Number(step) < 0 ? value.items.length + Number(step) : Number(step);
  const items = rest.length === 0 ? value.items.filter((_, at) => at !== index) : value.items;
  return array(
    rest.length === 0 ? items : items.map((item, at) => (at === index ? without(item, rest) : item)),
  );
}

/** A number that may not fit into a double: 16 digits and points in a row, or an exponent. It also matches within strings. */
const suspicious = /(?:^|[:,[\s])-?(?:[\d.]{16}|\d[\d.]*[eE])/;
const stringsAndNumbers = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs;
const numberParts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Random, so that no document can contain it. */
const mark = `exact number ${globalThis.crypto.randomUUID()} `;

/**
 * The value of a document; of a text that is none, the text, as fields show it. A number that a double would change becomes a text of its
 * digits, which is the same for equal numbers and for nothing else.
 * @param {string} text
 * @returns {unknown}
 */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    if (!suspicious.test(text)) return value;
  } catch {
    return text;
  }
  return JSON.parse(
    text.replaceAll(stringsAndNumbers, (found) => (found.startsWith('"') ? found : exactly(found))),
  );
}

/**
 * @param {string} number
 * @returns {string}
 */
function exactly(number) {
  const value = Number(number);
  const digits = digitsOf(number);
  return Number.isFinite(value) && digits === digitsOf(String(value))
    ? number
    : JSON.stringify(mark + digits);
}

/**
 * Sign, digits without zeros at either end, and exponent: the same text for equal numbers.
 * @param {string} number
 * @returns {string}
 */
function digitsOf(number) {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = numberParts.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  if (end === 0) return '0';
  // Reading a longer exponent would take long. Only 0 has one that a double can hold.
  if (exponent.length > 20) return number;
  return `${sign}${digits.slice(0, end)}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - end)}`;
}

/**
 * The text if it is a document, else a document that holds the text.
 * @param {string} text
 */
export function document(text) {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

/**
 * Equal for equal JSON values, whatever their spelling and the order of their keys.
 * @param {string} text
 */
export function canonicalJson(text) {
  return spell(parsed(text));
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function spell(value) {
  if (Array.isArray(value)) return `[${value.map(spell).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${spell(entry)}`).join(',')}}`;
}

/**
 * Whether `b` stands within `a`; a lone scalar counts as an element of an array.
 * @param {string} a
 * @param {string} b
 */
export function jsonContains(a, b) {
  const left = parsed(a);
  const right = parsed(b);
  if (Array.isArray(left) && (right === null || typeof right !== 'object')) return left.includes(right);
  return within(left, right);
}

/**
 * @param {unknown} a
 * @param {unknown} b
 * @returns {boolean}
 */
function within(a, b) {
  if (Array.isArray(b)) return Array.isArray(a) && b.every((part) => a.some((item) => within(item, part)));
  if (b === null || typeof b !== 'object') return a === b;
  if (a === null || typeof a !== 'object' || Array.isArray(a)) return false;
  const whole = /** @type {Record<string, unknown>} */ (a);
  return Object.entries(b).every(([key, part]) => Object.hasOwn(whole, key) && within(whole[key], part));
}

/**
 * `text ? key`: a key of an object, a string of an array, or the string itself.
 * @param {string} text
 * @param {readonly string[]} keys
 * @param {boolean} all
 */
export function hasKeys(text, keys, all) {
  const value = parsed(text);
  /** @param {string} key */
  const has = (key) => {
    if (Array.isArray(value)) return value.includes(key);
    return value !== null && typeof value === 'object' ? Object.hasOwn(value, key) : value === key;
  };
  return all ? keys.every(has) : keys.some(has);
}
