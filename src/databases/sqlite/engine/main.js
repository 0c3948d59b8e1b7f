/**
 * One SQLite connection in a process of its own: reads a request, runs it to its end, writes the answer. It does nothing else
 * meanwhile, so that killing the process is the way to stop a statement; SQLite is made to survive that.
 */
import { readSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { answerFrame, frame, unpackValue } from './frames.js';
import { registerFunctions, startStatement } from './functions.js';
import { clearImages, storeImages } from './images.js';

/** @typedef {import('@photostructure/sqlite').DatabaseSyncInstance} Database */
/** @typedef {import('@photostructure/sqlite').StatementSyncInstance} StatementSync */
/**
 * @typedef {object} Settings
 * @property {string} file
 * @property {'ro' | 'rw' | 'rwc'} mode
 * @property {boolean} queryOnly
 * @property {boolean} wal
 * @property {'off' | 'normal' | 'full'} synchronous
 * @property {number} busyTimeoutMs
 */
/**
 * Statement number (null: it is not kept), its text when it is not compiled yet, values, whether it writes, the numbers of statements to
 * forget, the most bytes that its rows may be, images of changed rows that it reads, and whether the answer names its columns.
 * @typedef {[id: number | null, text: string | null, values: unknown[], write: boolean, forget: number[], most: number,
 *   images: import('./images.js').PackedImages | null, describes: boolean]} Request
 */

/** A statement that reads may build texts of so many bytes, or of as many as its rows may be. */
const leastText = 64 * 1024 * 1024;
/** The longest text that can be sent to Foz's process, a little less than the longest string of Node. */
const longestText = 500_000_000;

const input = 0;
const output = 1;
/** @type {Map<number, StatementSync>} */
const statements = new Map();

// The terminal's Ctrl-C reaches all processes at once; this one ends when Foz closes its input.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

/** @param {Settings} settings */
function main(settings) {
  /** @type {Database} */
  let database;
  try {
    database = openPatiently(settings);
    send(answerFrame([], 0));
  } catch (error) {
    send(failureFrame(error));
    return;
  }
  for (;;) {
    const request = receive();
    if (request === null) break;
    send(answer(database, request));
  }
  database.close();
}

/**
 * While one process switches the file to WAL, SQLite lets the others fail at once instead of waiting.
 * @param {Settings} settings
 */
function openPatiently(settings) {
  const end = performance.now() + settings.busyTimeoutMs;
  for (;;) {
    try {
      return open(settings);
    } catch (error) {
      if (!/locked/.test(messageOf(error)) || performance.now() > end) throw error;
      Atomics.wait(clock, 0, 0, 10);
    }
  }
}

/** @param {Settings} settings */
function open({ file, mode, queryOnly, wal, synchronous, busyTimeoutMs }) {
  const url = pathToFileURL(file);
  url.searchParams.set('mode', mode);
  const database = new DatabaseSync(url, {
    returnArrays: true,
    readOnly: mode === 'ro',
    timeout: busyTimeoutMs,
    enableForeignKeyConstraints: true,
    limits: { length: longestText },
  });
  try {
    // Reads the file's header: what is no database fails here.
    database.prepare('select count(*) from sqlite_schema').all();
    const [journal] = /** @type {unknown[][]} */ (
      /** @type {unknown} */ (database.prepare('pragma journal_mode').all())
    );
    if (wal && mode !== 'ro' && journal?.[0] !== 'wal') database.prepare('pragma journal_mode = wal').all();
    database.exec(`pragma synchronous = ${synchronous}; pragma cache_size = -16384`);
    if (queryOnly) database.exec('pragma query_only = on');
    registerFunctions(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/**
 * @param {Database} database
 * @param {Request} request
 */
function answer(database, [id, text, packed, write, forget, most, images, describes]) {
  try {
    startStatement();
    limitTexts(database, write ? longestText : most);
    for (const one of forget) statements.delete(one);
    if (images !== null) storeImages(database, images);
    let statement = id === null ? undefined : statements.get(id);
    if (statement === undefined) {
      statement = database.prepare(/** @type {string} */ (text));
      if (write) statement.setReadBigInts(true);
      if (id !== null) statements.set(id, statement);
    }
    const values = packed.map(unpackValue);
    if (write && statement.columns().length === 0) {
      return answerFrame([], Number(statement.run(...values).changes));
    }
    const rows = all(statement, values, write);
    const columns = describes ? statement.columns().map(({ name, type }) => [name, type ?? null]) : undefined;
    return answerFrame(rows, write ? rows.length : 0, most, columns);
  } catch (error) {
    return failureFrame(error);
  } finally {
    if (images !== null) clearImages(database, images);
  }
}

let textLimit = longestText;

/**
 * @param {Database} database
 * @param {number} most
 */
function limitTexts(database, most) {
  const limit = Math.min(longestText, Math.max(leastText, most));
  if (limit === textLimit) return;
  database.limits.length = limit;
  textLimit = limit;
}

/**
 * Integers beyond 2^53 make the package throw unless asked for as bigint, which costs; reads ask for it once they met one.
 * @param {StatementSync} statement
 * @param {(null | number | bigint | string | Uint8Array)[]} values
 * @param {boolean} write
 */
function all(statement, values, write) {
  try {
    return /** @type {unknown[][]} */ (/** @type {unknown} */ (statement.all(...values)));
  } catch (error) {
    if (write || !/^Value is too large/.test(messageOf(error))) throw error;
    statement.setReadBigInts(true);
    return /** @type {unknown[][]} */ (/** @type {unknown} */ (statement.all(...values)));
  }
}

/** @param {unknown} error */
function failureFrame(error) {
  const { errcode } = /** @type {{ errcode?: number }} */ (error);
  return frame(JSON.stringify({ error: { code: errcode ?? null, message: messageOf(error) } }));
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @returns {Request | null} null when the input has ended */
function receive() {
  const head = read(8);
  if (head === null) return null;
  const body = read(head.readUInt32LE(0) - 4);
  return body === null ? null : JSON.parse(body.toString('utf8'));
}

const chunk = Buffer.alloc(65536);
let from = 0;
let to = 0;

/**
 * Exactly `size` bytes, or null at the end of the input.
 * @param {number} size
 */
function read(size) {
  const buffer = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; ) {
    if (from === to) {
      to = patiently(() => readSync(input, chunk, 0, chunk.length, null));
      from = 0;
      if (to === 0) return null;
    }
    const copied = chunk.copy(buffer, at, from, to);
    at += copied;
    from += copied;
  }
  return buffer;
}

/** @param {Buffer} buffer */
function send(buffer) {
  for (let at = 0; at < buffer.length; ) {
    at += patiently(() => writeSync(output, buffer, at, buffer.length - at));
  }
}

const clock = new Int32Array(new SharedArrayBuffer(4));

/**
 * The bytes moved by one system call; waits where the pipe does not block. 0 at its end.
 * @param {() => number} call
 */
function patiently(call) {
  for (;;) {
    try {
      return call();
    } catch (error) {
      const { code } = /** @type {{ code?: string }} */ (error);
      if (code === 'EOF') return 0;
      if (code === 'EPIPE') process.exit(0);
      if (code !== 'EAGAIN' && code !== 'EINTR') throw error;
      Atomics.wait(clock, 0, 0, 1);
    }
  }
}

main(JSON.parse(/** @type {string} */ (process.argv[2])));
