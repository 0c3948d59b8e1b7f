import { FozError } from './errors.ts';

/** Bytes of text that one string of this process can hold, with room for what is put around them. */
export const mostBytes = 500_000_000;

/** Bytes from which on a request is counted among those of its caller. */
const unnoticed = 64 * 1024;

/** Where bytes of many requests are counted together. `grow` tells why a request may not hold so many; `null`: it may. */
export interface HeldAmong {
  grow(bytes: number): FozError | null;
}

/** The bytes that one request makes this process hold: all that databases send for it, whatever its answer needs of that. */
export class HeldBytes {
  /** The most that the request may hold, and the longest answer that it may have. */
  readonly limit: number;
  readonly #among: HeldAmong | null;
  #bytes = 0;
  #unnoticed: number;

  /** `limit` `null`: as many as one text can have. */
  constructor(limit: number | null, among: HeldAmong | null = null) {
    this.limit = limit === null ? mostBytes : Math.min(limit, mostBytes);
    this.#among = among;
    this.#unnoticed = Math.min(this.limit, unnoticed);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts bytes before they are kept. An error: they must not be. */
  take(bytes: number): FozError | null {
    this.#bytes += bytes;
    return this.#bytes <= this.#unnoticed ? null : this.#look();
  }

  /** Throws where the parts of an answer, put together, would be longer than it may be. */
  check(length: number): void {
    if (length > this.limit) throw tooLong(this.limit);
  }

  #look(): FozError | null {
    if (this.#bytes > this.limit) return tooLong(this.limit);
    this.#unnoticed = Math.min(this.limit, this.#bytes + unnoticed);
    return this.#among?.grow(this.#bytes) ?? null;
  }
}

/** More bytes than one answer may have. */
export function tooLong(limit: number): FozError {
  return new FozError(
    'limit-exceeded',
    `The answer, or what the databases send for it, is longer than ${limit} bytes: ask for fewer rows or fields.`,
    { details: { limit } },
  );
}
