/**
 * What travels between Foz and an engine process: a length, a JSON text, and after it the long texts of the rows as they are.
 * Shared by both sides.
 */

/** Texts from this many characters on travel outside of the JSON, where they need no escaping. */
const longText = 512;

/**
 * A cell that JSON cannot say, or not cheaply: row, column, kind, and its value or its length in bytes.
 * `i` integer beyond 2^53 as digits, `f` not a finite number, `b` bytes as base64, `s` a long text (follows the JSON).
 * @typedef {[row: number, column: number, kind: 'i' | 'f' | 'b' | 's', value: string | number]} Special
 */

/**
 * What an engine process answers: rows and the number of rows written, or an error. `tooLong`: the rows are more bytes than were asked
 * for, and stay behind. `columns`: where asked for, their names and declared types.
 * @typedef {{ rows: unknown[][], affected: number, special: Special[], tooLong: boolean, columns?: (string | null)[][] }} Answer
 * @typedef {{ error: { code: number | null, message: string } }} Failure
 */

/**
 * Takes out of the rows what JSON cannot say; the cells are left as null.
 * @param {unknown[][]} rows
 * @returns {{ special: Special[], texts: string[] }}
 */
function takeSpecials(rows) {
  /** @type {Special[]} */
  const special = [];
  /** @type {string[]} */
  const texts = [];
  for (let row = 0; row < rows.length; row++) {
    const cells = /** @type {unknown[]} */ (rows[row]);
    for (let column = 0; column < cells.length; column++) {
      const cell = cells[column];
      switch (typeof cell) {
        case 'string':
          if (cell.length < longText) break;
          special.push([row, column, 's', Buffer.byteLength(cell)]);
          texts.push(cell);
          cells[column] = null;
          break;
        case 'number':
          if (Number.isFinite(cell)) break;
          special.push([row, column, 'f', String(cell)]);
          break;
        case 'bigint':
          if (cell >= Number.MIN_SAFE_INTEGER && cell <= Number.MAX_SAFE_INTEGER)
            cells[column] = Number(cell);
          else {
            special.push([row, column, 'i', String(cell)]);
            cells[column] = null;
          }
          break;
        default:
          if (!(cell instanceof Uint8Array)) break;
          special.push([row, column, 'b', Buffer.from(cell).toString('base64')]);
          cells[column] = null;
      }
    }
  }
  return { special, texts };
}

/**
 * A frame with rows, or without them where they are more than `most` bytes.
 * @param {unknown[][]} rows
 * @param {number} affected
 * @param {number} [most]
 * @param {(string | null)[][]} [columns]
 */
export function answerFrame(rows, affected, most = Number.POSITIVE_INFINITY, columns = undefined) {
  const tooLong = bytesOf(rows, most) > most;
  const { special, texts } = takeSpecials(tooLong ? [] : rows);
  return frame(JSON.stringify({ rows: tooLong ? [] : rows, affected, special, tooLong, columns }), texts);
}

/**
 * What rows are in bytes, about: eight for a number. It stops counting beyond `most`.
 * @param {unknown[][]} rows
 * @param {number} most
 */
function bytesOf(rows, most) {
  let bytes = 0;
  for (const row of rows) {
    for (const cell of row) {
      if (typeof cell === 'string') bytes += cell.length;
      else bytes += cell instanceof Uint8Array ? cell.length : 8;
    }
    if (bytes > most) break;
  }
  return bytes;
}

/** Texts from this many characters on are measured before they are written; shorter ones get room for the worst. */
const measuredText = 64 * 1024;

/** @param {string} text */
function roomFor(text) {
  return text.length < measuredText ? text.length * 3 : Buffer.byteLength(text);
}

/**
 * A frame: 4 bytes length of all that follows, 4 bytes length of the JSON, the JSON, the texts.
 * @param {string} json
 * @param {readonly string[]} [texts]
 */
export function frame(json, texts = []) {
  let size = 8 + roomFor(json);
  for (const text of texts) size += roomFor(text);
  const buffer = Buffer.allocUnsafe(size);
  const end = 8 + buffer.write(json, 8);
  let at = end;
  for (const text of texts) at += buffer.write(text, at);
  buffer.writeUInt32LE(at - 4, 0);
  buffer.writeUInt32LE(end - 8, 4);
  return buffer.subarray(0, at);
}

/**
 * The JSON value of a frame's body (without its first 4 bytes), with the special cells put back.
 * @param {Buffer} body
 * @returns {Answer | Failure}
 */
export function readAnswer(body) {
  const end = 4 + body.readUInt32LE(0);
  /** @type {Answer | Failure} */
  const answer = JSON.parse(body.toString('utf8', 4, end));
  if ('error' in answer) return answer;
  let at = end;
  for (const [row, column, kind, value] of answer.special) {
    const cells = /** @type {unknown[]} */ (answer.rows[row]);
    if (kind === 's') {
      cells[column] = body.toString('utf8', at, at + Number(value));
      at += Number(value);
    } else if (kind === 'i') cells[column] = BigInt(value);
    else if (kind === 'f') cells[column] = Number(value);
    else cells[column] = new Uint8Array(Buffer.from(String(value), 'base64'));
  }
  return answer;
}

/**
 * A value to be bound, as JSON can say it.
 * @param {unknown} value
 */
export function packValue(value) {
  switch (typeof value) {
    case 'bigint':
      return { i: String(value) };
    case 'number':
      return Number.isFinite(value) ? value : { f: String(value) };
    case 'boolean':
      return value ? 1 : 0;
    case 'undefined':
      return null;
    default:
      return value instanceof Uint8Array ? { b: Buffer.from(value).toString('base64') } : value;
  }
}

/**
 * The other way round, as the package binds it best: it would bind integers beyond 32 bits as floats, and floats next to 0
 * as 0 (their text is exact).
 * @param {unknown} packed
 * @returns {null | number | bigint | string | Uint8Array}
 */
export function unpackValue(packed) {
  if (typeof packed === 'number') {
    if (packed > 0 && packed < 1e-15) return String(packed);
    return Number.isSafeInteger(packed) && Math.abs(packed) > 0x7fffffff ? BigInt(packed) : packed;
  }
  if (packed === null || typeof packed !== 'object') return /** @type {null | string} */ (packed);
  const { i, f, b } = /** @type {{ i?: string, f?: string, b?: string }} */ (packed);
  if (i !== undefined) return BigInt(i);
  if (f !== undefined) return Number(f);
  return new Uint8Array(Buffer.from(b ?? '', 'base64'));
}
