import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { OutboundError } from './fault.ts';

/** How much of an answer is read. */
export interface ReadLimit {
  /** For messages. */
  readonly origin: string;
  /** Most bytes, both as received and decompressed. */
  readonly most: number;
  /** Whether an answer that is too long, breaks off or cannot be decompressed fails, or ends there. */
  readonly overlong: 'fail' | 'cut';
}

export interface ReadBody {
  readonly bytes: Buffer;
  /** Whether the end is missing. */
  readonly isCut: boolean;
}

/**
 * Reads a body, and decompresses it. Holds at most twice the limit in memory. Rejects with OutboundError `too-large` or `broken`, unless a body that is
 * not complete is cut.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  coding: string | undefined,
  limit: ReadLimit,
): Promise<ReadBody> {
  const sent = await collected(body, limit);
  const name = coding?.trim().toLowerCase() ?? '';
  if (sent.bytes.length === 0 || name === '' || name === 'identity') return sent;
  const unpacker = unpackerOf(name, sent);
  // Several codings in a row are refused: Foz accepts one, and each more lets a small body expand further.
  if (unpacker === undefined && limit.overlong === 'cut') return { bytes: Buffer.alloc(0), isCut: true };
  if (unpacker === undefined)
    throw new OutboundError(
      'broken',
      `${limit.origin}: its answer has a content-encoding that Foz does not accept: let the service send gzip, deflate, br or none`,
    );
  unpacker.end(sent.bytes);
  try {
    const { bytes, isCut } = await collected(unpacker, limit);
    return { bytes, isCut: isCut || sent.isCut };
  } catch (error) {
    if (error instanceof OutboundError) throw error;
    throw new OutboundError('broken', `${limit.origin}: its answer cannot be decompressed`, error);
  }
}

async function collected(stream: AsyncIterable<Uint8Array>, limit: ReadLimit): Promise<ReadBody> {
  const { most, overlong, origin } = limit;
  const chunks: Uint8Array[] = [];
  let left = most;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk.length > left ? chunk.subarray(0, left) : chunk);
      // Leaving the loop destroys the stream, so that no more of it is received or decompressed.
      if (chunk.length > left)
        throw new OutboundError('too-large', `${origin}: its answer is longer than ${most} bytes`);
      left -= chunk.length;
    }
  } catch (error) {
    if (overlong === 'cut') return { bytes: Buffer.concat(chunks), isCut: true };
    throw error;
  }
  return { bytes: Buffer.concat(chunks), isCut: false };
}

function unpackerOf(coding: string, { bytes, isCut }: ReadBody) {
  // A body that was cut at the limit has no end. That is not an error.
  const options = isCut ? { finishFlush: constants.Z_SYNC_FLUSH } : {};
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(options);
    case 'deflate':
      // Servers send `deflate` with and without the header of zlib, whose first byte has 8 in its lower four bits.
      return (bytes[0]! & 15) === 8 ? createInflate(options) : createInflateRaw(options);
    case 'br':
      return createBrotliDecompress(isCut ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {});
    default:
      return undefined;
  }
}
