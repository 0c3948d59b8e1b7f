import { FozError } from '../../core/index.ts';

/**
 * Messages of PostgreSQL's extended query protocol (version 3), written into one buffer per round trip. Values and results
 * travel as text.
 */
export interface ExtendedQuery {
  /** Name of the prepared statement; empty: unnamed, parsed anew each time. */
  readonly name: string;
  /** Absent: the server has already prepared it. */
  readonly text?: string | undefined;
  readonly values: readonly (string | null)[];
  /** Asks for the columns of the result. */
  readonly describes?: boolean;
}

const code = (letter: string) => letter.charCodeAt(0);
const [parseCode, bindCode, describeCode, executeCode, syncCode, closeCode, statement, portal] = [
  ...['P', 'B', 'D', 'E', 'S', 'C', 'S', 'P'],
].map(code) as [number, number, number, number, number, number, number, number];

/** The most values that a Bind message can count. */
export const mostValues = 65_535;

/** Throws FozError `limit-exceeded` for a statement with more values than the protocol can count. */
export function checkCount(count: number): void {
  if (count <= mostValues) return;
  throw new FozError(
    'limit-exceeded',
    `The statement has ${count} values, PostgreSQL takes ${mostValues}: send fewer rows at once.`,
    { details: { values: count, limit: mostValues } },
  );
}

const describeSize = 7;
const executeSize = 10;
const syncSize = 5;

/** Closes statements, then parses (where new), binds and executes each call, then syncs: one round trip. */
export function roundTrip(closed: readonly string[], calls: readonly ExtendedQuery[]): Buffer {
  const lengths: number[] = [];
  let size = syncSize;
  for (const name of closed) size += 7 + name.length;
  for (const call of calls) size += callSize(call, lengths);
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  for (const name of closed) at = writeClose(buffer, at, name);
  let value = 0;
  for (const call of calls) {
    at = writeCall(buffer, at, call, lengths, value);
    value += call.values.length + (call.text === undefined ? 0 : 1);
  }
  buffer[at] = syncCode;
  buffer.writeInt32BE(4, at + 1);
  return buffer;
}

function callSize({ name, text, values, describes }: ExtendedQuery, lengths: number[]): number {
  let size = 5 + 1 + name.length + 1 + 2 + 2 + 4 * values.length + 2 + executeSize;
  if (describes === true) size += describeSize;
  if (text !== undefined) {
    const length = Buffer.byteLength(text);
    lengths.push(length);
    size += 5 + name.length + 1 + length + 1 + 2;
  }
  for (const value of values) {
    const length = value === null ? -1 : Buffer.byteLength(value);
    lengths.push(length);
    if (length > 0) size += length;
  }
  return size;
}

function writeCall(
  buffer: Buffer,
  start: number,
  { name, text, values, describes }: ExtendedQuery,
  lengths: readonly number[],
  from: number,
): number {
  let at = start;
  let next = from;
  if (text !== undefined) at = writeParse(buffer, at, name, text, lengths[next++]!);
  const bind = at;
  buffer[at] = bindCode;
  at += 5;
  buffer[at++] = 0;
  at = writeName(buffer, at, name);
  buffer.writeInt16BE(0, at);
  buffer.writeUInt16BE(values.length, at + 2);
  at += 4;
  for (const value of values) {
    const length = lengths[next++]!;
    buffer.writeInt32BE(length, at);
    at += 4;
    if (length > 0) {
      buffer.write(value!, at, length, 'utf8');
      at += length;
    }
  }
  buffer.writeInt16BE(0, at);
  at += 2;
  buffer.writeInt32BE(at - bind - 1, bind + 1);
  if (describes === true) at = writeDescribe(buffer, at);
  return writeExecute(buffer, at);
}

function writeParse(buffer: Buffer, start: number, name: string, text: string, length: number): number {
  buffer[start] = parseCode;
  let at = writeName(buffer, start + 5, name);
  buffer.write(text, at, length, 'utf8');
  at += length;
  buffer[at] = 0;
  buffer.writeInt16BE(0, at + 1);
  at += 3;
  buffer.writeInt32BE(at - start - 1, start + 1);
  return at;
}

/** Asks for the columns of the unnamed portal. */
function writeDescribe(buffer: Buffer, at: number): number {
  buffer[at] = describeCode;
  buffer.writeInt32BE(describeSize - 1, at + 1);
  buffer[at + 5] = portal;
  buffer[at + 6] = 0;
  return at + describeSize;
}

function writeExecute(buffer: Buffer, at: number): number {
  buffer[at] = executeCode;
  buffer.writeInt32BE(executeSize - 1, at + 1);
  buffer[at + 5] = 0;
  buffer.writeInt32BE(0, at + 6);
  return at + executeSize;
}

function writeClose(buffer: Buffer, at: number, name: string): number {
  buffer[at] = closeCode;
  buffer.writeInt32BE(6 + name.length, at + 1);
  buffer[at + 5] = statement;
  return writeName(buffer, at + 6, name);
}

/** Names are ASCII. */
function writeName(buffer: Buffer, at: number, name: string): number {
  buffer.write(name, at, name.length, 'latin1');
  buffer[at + name.length] = 0;
  return at + name.length + 1;
}

/** The number of affected rows from a command tag (`INSERT 0 5`, `UPDATE 3`); 0 for reads. */
export function affectedRows(tag: string): number {
  if (tag.startsWith('SELECT')) return 0;
  const count = Number(tag.slice(tag.lastIndexOf(' ') + 1));
  return Number.isInteger(count) ? count : 0;
}
