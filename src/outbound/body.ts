import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { OutboundError } from './fault.ts';

/** How much of an answer is read. */
export interface ReadLimit {
  /** For messages. */
  readonly origin: string;
  /** Most bytes, as sent and also unpacked. */
  readonly most: number;
  /** What happens to an answer that is longer, that breaks off or that cannot be unpacked. */
  readonly overlong: 'fail' | 'cut';
}

export interface ReadBody {
  readonly bytes: Buffer;
  /** Whether the end is missing. */
  readonly isCut: boolean;
}

/**
 * Reads a body, and unpacks it. Never holds more than the limit twice. Rejects with OutboundError `too-large` or `broken`, unless a body that is
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
  // A body that is packed twice is a bomb or a mistake: only one coding was asked for.
  if (unpacker === undefined && limit.overlong === 'cut') return { bytes: Buffer.alloc(0), isCut: true };
  if (unpacker === undefined)
    throw new OutboundError(
      'broken',
      `${limit.origin}: its answer is packed in a way that Foz did not ask for`,
    );
  unpacker.end(sent.bytes);
  try {
    const { bytes, isCut } = await collected(unpacker, limit);
    return { bytes, isCut: isCut || sent.isCut };
  } catch (error) {
    if (error instanceof OutboundError) throw error;
    throw new OutboundError('broken', `${limit.origin}: its answer cannot be unpacked`, error);
  }
}

async function collected(stream: AsyncIterable<Uint8Array>, limit: ReadLimit): Promise<ReadBody> {
  const { most, overlong, origin } = limit;
  const chunks: Uint8Array[] = [];
  let left = most;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk.length > left ? chunk.subarray(0, left) : chunk);
      // Leaving the loop destroys the stream, so that no more of it is received or unpacked.
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
  // The end of a cut body is missing, which is no error then.
  const options = isCut ? { finishFlush: constants.Z_SYNC_FLUSH } : {};
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(options);
    case 'deflate':
      // Servers send both forms of deflate: with a header of zlib, whose low half of the first byte is 8, and without.
      return (bytes[0]! & 15) === 8 ? createInflate(options) : createInflateRaw(options);
    case 'br':
      return createBrotliDecompress(isCut ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {});
    default:
      return undefined;
  }
}
