import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { PackedText } from '../execute/index.ts';

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Answers smaller than this are not worth compressing. */
const threshold = 8 * 1024;

/** Sends a complete answer, compressed when it is large and the client can take it. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string | PackedText,
): Promise<void> {
  if (response.destroyed || response.headersSent) return;
  const accepted = request.headers['accept-encoding'];
  if (typeof text !== 'string') {
    await sendPacked(response, status, headers, text, accepted !== undefined && accepts(accepted, 'gzip'));
    return;
  }
  if (text.length < threshold || accepted === undefined) {
    response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(text)) });
    response.end(text);
    return;
  }
  const { encoding, body } = await compress(text, accepted);
  if (response.destroyed) return;
  response.writeHead(status, encodedHeaders(headers, body.length, encoding));
  response.end(body);
}

/** Sends a stream as fast as the client reads. Where it fails, or the client leaves, the answer is cut off, so that nobody takes it for whole. */
export async function sendStream(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Readable,
): Promise<void> {
  response.writeHead(status, headers);
  await pipeline(body, response).catch((error: NodeJS.ErrnoException) => {
    // The client has left: there is nobody to tell.
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}

/** Sends a text that is kept packed as it is, or unpacks it for a client that cannot, as fast as the client reads. */
async function sendPacked(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  packed: PackedText,
  asGzip: boolean,
): Promise<void> {
  const length = asGzip ? packed.packedBytes : packed.bytes;
  response.writeHead(status, encodedHeaders(headers, length, asGzip ? 'gzip' : null));
  const body = asGzip ? Readable.from(packed.gzip) : packed.unpack();
  // A client that leaves before the end has its answer cut off; there is nobody to tell.
  await pipeline(body, response).catch(() => response.destroy());
}

function encodedHeaders(
  headers: Readonly<Record<string, string>>,
  length: number,
  encoding: string | null,
): Record<string, string> {
  return {
    ...headers,
    vary: headers.vary === undefined ? 'accept-encoding' : `${headers.vary}, accept-encoding`,
    'content-length': String(length),
    ...(encoding === null ? {} : { 'content-encoding': encoding }),
  };
}

async function compress(text: string, accepted: string): Promise<{ encoding: string | null; body: Buffer }> {
  const plain = Buffer.from(text);
  if (accepts(accepted, 'br')) {
    return {
      encoding: 'br',
      body: await compressBrotli(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
    };
  }
  if (accepts(accepted, 'gzip')) return { encoding: 'gzip', body: await compressGzip(plain, { level: 5 }) };
  return { encoding: null, body: plain };
}

/** Whether an Accept-Encoding header takes a coding (RFC 9110, section 12.5.3). */
export function accepts(header: string, coding: string): boolean {
  return header.split(',').some((entry) => {
    const [name, ...parameters] = entry.trim().split(';');
    if (name!.trim().toLowerCase() !== coding) return false;
    return !parameters.some((parameter) => /^\s*q=0(\.0*)?\s*$/.test(parameter));
  });
}
