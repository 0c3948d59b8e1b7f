import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { FozError, type ReadJson, readJson } from '../core/index.ts';

/** The refusal of an HTTP request before its operation is read. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  /** Headers for the response. */
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Reads the whole body, counting bytes as they arrive. Rejects with Refusal 413 above the limit, 400 when the client disconnects. */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) {
    request.resume();
    return Promise.reject(tooLarge(limit));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.removeAllListeners('data');
        request.resume();
        reject(tooLarge(limit));
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    // An 'error' event is followed by 'close'. Without a listener for 'error', Node would end the process.
    request.on('error', ignore);
    request.on('close', () => {
      if (!request.complete)
        reject(new Refusal(400, 'validation-failed', 'The request ended before its body was complete.'));
    });
  });
}

const ignore = () => {};

function tooLarge(limit: number): Refusal {
  return new Refusal(413, 'limit-exceeded', `The request body is larger than ${limit} bytes.`);
}

const byteOrderMark = Buffer.from('\uFEFF');

/** Parses a JSON body. Throws Refusal 415 for other content types, 400 for a body that is not UTF-8 or not JSON. */
export function parseBody(request: IncomingMessage, body: Buffer): ReadJson {
  const type = request.headers['content-type'] ?? '';
  if (type !== 'application/json' && type.split(';')[0]!.trim().toLowerCase() !== 'application/json')
    throw new Refusal(415, 'validation-failed', 'Send the operation as application/json.');
  try {
    if (isUtf8(body)) return readJson(textOf(body));
  } catch (error) {
    if (error instanceof FozError) throw new Refusal(400, error.code, error.message);
  }
  throw new Refusal(400, 'validation-failed', 'The request body is not JSON in UTF-8.');
}

function textOf(body: Buffer): string {
  const marked = body[0] === byteOrderMark[0] && body.subarray(0, 3).equals(byteOrderMark);
  return marked ? body.toString('utf8', 3) : body.toString('utf8');
}
