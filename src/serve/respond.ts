import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';
import type { PackedText } from '../execute/index.ts';
import type { Holding } from './holdings.ts';
import { pieceLength, piecesOf } from './pieces.ts';
import type { Readers } from './readers.ts';

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Bytes: compressing a smaller response is not worth the time. */
const threshold = 8 * 1024;
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const gzipped = { level: 5 };

/** Headers of a response; a list is sent as several headers, as Set-Cookie must be. */
type Headers = Readonly<Record<string, string | string[]>>;

/** A response to be sent. */
interface Reply {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly status: number;
  readonly headers: Headers;
  /** Counts the bytes that the client has not read yet; absent: not counted. */
  readonly holding?: Holding | undefined;
}

/** Sends responses with back-pressure. */
export class Sender {
  readonly #readers: Readers;

  constructor(readers: Readers) {
    this.#readers = readers;
  }

  /** Sends a whole response, compressed if it is large and the client accepts it. Resolves when it is sent or its client is gone. */
  async send(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    headers: Headers,
    text: string | PackedText,
    holding?: Holding,
  ): Promise<void> {
    if (response.destroyed || response.headersSent) return;
    const accepted = request.headers['accept-encoding'];
    const reply: Reply = { request, response, status, headers, holding };
    if (typeof text !== 'string') await this.#packed(reply, text);
    else if (text.length < threshold || accepted === undefined) await this.#plain(reply, text);
    else await this.#encoded(reply, text, accepted);
  }

  /** Sends a stream. If it fails, the connection is closed, so that the client does not take the response for complete. */
  async sendStream(
    response: ServerResponse,
    status: number,
    headers: Headers,
    body: Readable,
  ): Promise<void> {
    response.writeHead(status, headers);
    const stop = this.#watch(response);
    await pipeline(body, response)
      .catch((error: NodeJS.ErrnoException) => {
        // The client has disconnected: there is nothing to report.
        if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
      })
      .finally(stop);
  }

  async #plain(reply: Reply, text: string): Promise<void> {
    const { response, status, headers } = reply;
    response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(text)) });
    if (text.length <= pieceLength) await this.#whole(reply, text);
    else await this.#inPieces(reply, text);
  }

  /** Sends a body. A small one fits into the socket's buffer if the client reads; other bytes are held until the client has read them. */
  async #whole(reply: Reply, body: string | Buffer): Promise<void> {
    const { response, holding } = reply;
    response.end(body);
    if (response.writableLength === 0 || response.destroyed) return;
    holding?.set(response.writableLength);
    const stop = this.#watch(response);
    await waitFor(reply, 'close');
    stop();
  }

  async #inPieces(reply: Reply, text: string): Promise<void> {
    const { response, holding } = reply;
    const stop = this.#watch(response);
    let left = text.length;
    for (const piece of piecesOf(text)) {
      holding?.set(left);
      left -= piece.length;
      if (!response.write(piece)) await waitFor(reply, 'drain');
      if (isDisconnected(reply)) break;
    }
    response.end();
    await waitFor(reply, 'close');
    stop();
  }

  async #encoded(reply: Reply, text: string, accepted: string): Promise<void> {
    const encoding = accepts(accepted, 'br') ? 'br' : accepts(accepted, 'gzip') ? 'gzip' : null;
    const { response, status, headers, holding } = reply;
    if (encoding === null) return this.#plain({ ...reply, headers: varying(headers) }, text);
    if (text.length <= 4 * pieceLength) {
      const body = encoding === 'br' ? await compressBrotli(text, brotli) : await compressGzip(text, gzipped);
      if (response.destroyed) return;
      response.writeHead(status, encodedHeaders(headers, body.length, encoding));
      return this.#whole(reply, body);
    }
    response.writeHead(status, encodedHeaders(headers, null, encoding));
    const encoder = encoding === 'br' ? createBrotliCompress(brotli) : createGzip(gzipped);
    await this.#piped(reply, [Readable.from(counted(text, holding)), encoder]);
  }

  /** Sends a compressed text as it is, or decompresses it for a client that does not accept gzip. */
  async #packed(reply: Reply, packed: PackedText): Promise<void> {
    const { request, response, status, headers, holding } = reply;
    const asGzip = accepts(request.headers['accept-encoding'] ?? '', 'gzip');
    const length = asGzip ? packed.packedBytes : packed.bytes;
    response.writeHead(status, encodedHeaders(headers, length, asGzip ? 'gzip' : null));
    holding?.set(packed.packedBytes);
    await this.#piped(reply, [asGzip ? Readable.from(packed.gzip) : packed.unpack()]);
  }

  /** Pipes to the response. An error closes the connection, since headers are already sent; a client that disconnects is no error. */
  async #piped(reply: Reply, streams: readonly [Readable, ...NodeJS.ReadWriteStream[]]): Promise<void> {
    const { request, response } = reply;
    const leave = whenLost(request.socket, () => response.destroy());
    const stop = this.#watch(response);
    await pipeline([...streams, response]).catch(() => response.destroy());
    await waitFor(reply, 'close');
    stop();
    leave();
  }

  #watch(response: ServerResponse): () => void {
    return this.#readers.watch({
      get socket() {
        return response.socket;
      },
      cutOff: () => (response.socket ?? response).destroy(),
    });
  }
}

function isDisconnected({ request, response }: Pick<Reply, 'request' | 'response'>): boolean {
  return response.closed || response.destroyed || request.socket.destroyed;
}

/** Resolves when the back-pressure is over (`drain`), the response is finished (`close`), or its connection is closed. */
function waitFor(
  { request, response }: Pick<Reply, 'request' | 'response'>,
  event: 'drain' | 'close',
): Promise<void> {
  if (isDisconnected({ request, response })) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off(event, done);
      response.off('close', done);
      leave();
      resolve();
    };
    response.on(event, done);
    if (event !== 'close') response.on('close', done);
    const leave = whenLost(request.socket, done);
  });
}

const lost = new WeakMap<Socket, Set<() => void>>();

/** Calls back when a connection closes: a response queued behind others gets no event of its own. Returns a function that unsubscribes. */
function whenLost(socket: Socket, then: () => void): () => void {
  let waiting = lost.get(socket);
  if (waiting === undefined) {
    const all = new Set<() => void>();
    lost.set(socket, all);
    socket.once('close', () => {
      for (const one of all) one();
    });
    waiting = all;
  }
  waiting.add(then);
  return () => void waiting.delete(then);
}

/** The pieces of a text. When the next piece is requested, the ones before it are no longer counted as held. */
function* counted(text: string, holding: Holding | undefined): Generator<Buffer> {
  let left = text.length;
  for (const piece of piecesOf(text)) {
    holding?.set(left);
    left -= piece.length;
    yield Buffer.from(piece);
  }
}

function varying(headers: Headers): Record<string, string | string[]> {
  return {
    ...headers,
    vary: headers.vary === undefined ? 'accept-encoding' : `${headers.vary}, accept-encoding`,
  };
}

/** Headers for an encoded body. `length`: `null` where it is not known beforehand. */
function encodedHeaders(
  headers: Headers,
  length: number | null,
  encoding: string | null,
): Record<string, string | string[]> {
  return {
    ...varying(headers),
    ...(length === null ? {} : { 'content-length': String(length) }),
    ...(encoding === null ? {} : { 'content-encoding': encoding }),
  };
}

/** Whether an Accept-Encoding header accepts a coding (RFC 9110, section 12.5.3). */
export function accepts(header: string, coding: string): boolean {
  return header.split(',').some((entry) => {
    const [name, ...parameters] = entry.trim().split(';');
    if (name!.trim().toLowerCase() !== coding) return false;
    return !parameters.some((parameter) => /^\s*q=0(\.0*)?\s*$/.test(parameter));
  });
}
