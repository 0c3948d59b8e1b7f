import type { ResultColumn } from '../../plan/index.ts';
import { type Answer, affectedRows, resultColumn } from '../postgres/index.ts';

/** The server's answer, with the state of the transaction after it. */
export interface EmbeddedAnswer extends Answer {
  readonly inTransaction: boolean;
}

const codeOf = (letter: string) => letter.charCodeAt(0);
const codes = {
  error: codeOf('E'),
  row: codeOf('D'),
  description: codeOf('T'),
  complete: codeOf('C'),
  ready: codeOf('Z'),
  idle: codeOf('I'),
};

/** Fields of an error message, by the letter that the protocol gives them. */
const errorFields = {
  C: 'code',
  M: 'message',
  D: 'detail',
  H: 'hint',
  s: 'schema',
  t: 'table',
  c: 'column',
  n: 'constraint',
  R: 'routine',
} as const;

/** Reads the server's answer to one round trip. Throws an Error with the server's error fields when it failed. */
export function readAnswer(bytes: Uint8Array): EmbeddedAnswer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: (string | null)[][] = [];
  let tag = '';
  let inTransaction = false;
  let failure: Error | null = null;
  let columns: ResultColumn[] | null = null;
  for (let at = 0; at < buffer.length; ) {
    const start = at + 5;
    const end = at + 1 + buffer.readInt32BE(at + 1);
    if (buffer[at] === codes.row) rows.push(readRow(buffer, start));
    else if (buffer[at] === codes.description) columns = readColumns(buffer, start);
    else if (buffer[at] === codes.complete) tag = buffer.toString('latin1', start, end - 1);
    else if (buffer[at] === codes.error) failure ??= readError(buffer, start);
    else if (buffer[at] === codes.ready) inTransaction = buffer[start] !== codes.idle;
    at = end;
  }
  if (failure !== null) throw failure;
  return {
    ...{ rows, affected: affectedRows(tag), tag, inTransaction },
    ...(columns !== null && { columns }),
  };
}

/** The columns of a result: a name that ends with NUL, then 18 bytes, of which the seventh to tenth are the type. */
function readColumns(buffer: Buffer, start: number): ResultColumn[] {
  const columns: ResultColumn[] = [];
  let at = start + 2;
  for (let left = buffer.readInt16BE(start); left > 0; left--) {
    const end = buffer.indexOf(0, at);
    columns.push(resultColumn(buffer.toString('utf8', at, end), buffer.readUInt32BE(end + 7)));
    at = end + 19;
  }
  return columns;
}

function readRow(buffer: Buffer, start: number): (string | null)[] {
  const count = buffer.readInt16BE(start);
  const row = new Array<string | null>(count);
  let at = start + 2;
  for (let index = 0; index < count; index++) {
    const length = buffer.readInt32BE(at);
    at += 4;
    if (length < 0) row[index] = null;
    else {
      row[index] = buffer.toString('utf8', at, at + length);
      at += length;
    }
  }
  return row;
}

function readError(buffer: Buffer, start: number): Error {
  const fields: Record<string, string> = {};
  for (let at = start; buffer[at] !== 0; ) {
    const letter = String.fromCharCode(buffer[at]!);
    const end = buffer.indexOf(0, at + 1);
    const name = (errorFields as Readonly<Record<string, string>>)[letter];
    if (name !== undefined) fields[name] = buffer.toString('utf8', at + 1, end);
    at = end + 1;
  }
  return Object.assign(new Error(fields.message), fields);
}
