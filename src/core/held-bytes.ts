import { FozError } from './errors.ts';

/** Most bytes of an answer: the longest string of Node, less some room for the text around the data. */
export const mostBytes = 500_000_000;

/**
 * Bytes that a request may hold before they count towards those of its caller. More bytes are counted in steps of
 * this size.
 */
const countStep = 64 * 1024;

/** Counts the bytes of many requests together. */
export interface SharedByteCounter {
  /** Returns an error if a request may not hold that many bytes; `null`: it may. */
  grow(bytes: number): FozError | null;
  /** The request has released bytes and holds this many now. */
  set(bytes: number): void;
}

/**
 * The bytes that this process holds for one request: everything that databases send for it, even if its answer needs
 * only a part.
 */
export class HeldBytes {
  /** The most bytes that the request may hold, and the longest answer that it may have. */
  readonly limit: number;
  readonly #among: SharedByteCounter | null;
  #bytes = 0;
  #nextCount: number;

  /** `limit` `null`: only bounded by the longest string. */
  constructor(limit: number | null, among: SharedByteCounter | null = null) {
    this.limit = limit === null ? mostBytes : Math.min(limit, mostBytes);
    this.#among = among;
    this.#nextCount = Math.min(this.limit, countStep);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes counted by this object: those of the whole request, or of this part. */
  get own(): number {
    return this.#bytes;
  }

  /** Counts bytes before they are kept. Returns an error if they must not be kept. */
  take(bytes: number): FozError | null {
    this.#bytes += bytes;
    return this.#bytes <= this.#nextCount ? null : this.#count();
  }

  /** Releases the bytes beyond `own`, for example those of an attempt that is repeated. */
  returnTo(own: number): void {
    this.#bytes = own;
    this.#nextCount = Math.min(this.limit, own + countStep);
    this.#among?.set(own);
  }

  /** A separate count for one of several concurrent operations of the request. Its bytes also count for the request. */
  part(): HeldBytes {
    return new HeldPart(this);
  }

  /** Throws if the parts of an answer, put together, exceed the limit. */
  check(length: number): void {
    if (length > this.limit) throw tooLong(this.limit);
  }

  #count(): FozError | null {
    if (this.#bytes > this.limit) return tooLong(this.limit);
    this.#nextCount = Math.min(this.limit, this.#bytes + countStep);
    return this.#among?.grow(this.#bytes) ?? null;
  }
}

class HeldPart extends HeldBytes {
  readonly #whole: HeldBytes;
  #part = 0;

  constructor(whole: HeldBytes) {
    super(whole.limit);
    this.#whole = whole;
  }

  override get bytes(): number {
    return this.#whole.bytes;
  }

  override get own(): number {
    return this.#part;
  }

  override take(bytes: number): FozError | null {
    this.#part += bytes;
    return this.#whole.take(bytes);
  }

  override returnTo(own: number): void {
    this.#whole.returnTo(this.#whole.own - (this.#part - own));
    this.#part = own;
  }
}

/** The error of an answer that exceeds its limit. */
export function tooLong(limit: number): FozError {
  return new FozError(
    'limit-exceeded',
    `The answer, or what the databases send for it, is longer than ${limit} bytes: ask for fewer rows or fields.`,
    { details: { limit } },
  );
}
