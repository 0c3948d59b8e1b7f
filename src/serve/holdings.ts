import { FozError, type SharedByteCounter } from '../core/index.ts';
import { Refusal } from './body.ts';
import type { AnswerLimits } from './limits.ts';

/** Counts held bytes per caller and in total: from their arrival from the database until the client has read the response. */
export class Holdings {
  readonly #limits: AnswerLimits;
  /** Frees memory by disconnecting clients that do not read. */
  readonly #makeRoom: (bytes: number) => void;
  readonly #callers = new Map<string, number>();
  #bytes = 0;

  constructor(limits: AnswerLimits, makeRoom: (bytes: number) => void) {
    this.#limits = limits;
    this.#makeRoom = makeRoom;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws Refusal 429 where a caller's held bytes have reached the limit. */
  admit(callerOf: () => string): void {
    const { heldBytesPerCaller: most } = this.#limits;
    if (this.#bytes < most || (this.#callers.get(callerOf()) ?? 0) < most) return;
    throw new Refusal(429, 'limit-exceeded', fullOfCaller(most), { 'retry-after': '1' });
  }

  /** A counter for one request, zero at first. `callerOf` is only called once there are bytes to count. */
  open(callerOf: () => string): Holding {
    return new Holding(this, callerOf);
  }

  /** Adds bytes to a caller's total. Returns the error where that exceeds a limit; `null`: the bytes are counted. */
  grow(caller: string, bytes: number): FozError | null {
    const { heldBytes, heldBytesPerCaller } = this.#limits;
    if ((this.#callers.get(caller) ?? 0) + bytes > heldBytesPerCaller)
      return new FozError('limit-exceeded', fullOfCaller(heldBytesPerCaller), {
        details: { limit: heldBytesPerCaller },
      });
    if (this.#bytes + bytes > heldBytes) this.#makeRoom(this.#bytes + bytes - heldBytes);
    if (this.#bytes + bytes > heldBytes)
      return new FozError(
        'limit-exceeded',
        `Answers to all clients together hold ${heldBytes} bytes, which is as many as may: come back in a moment, or ask for less.`,
        { details: { limit: heldBytes } },
      );
    this.count(caller, bytes);
    return null;
  }

  /** Adds bytes to a caller's total, or subtracts them, regardless of limits. */
  count(caller: string, bytes: number): void {
    if (bytes === 0) return;
    const left = (this.#callers.get(caller) ?? 0) + bytes;
    if (left <= 0) this.#callers.delete(caller);
    else this.#callers.set(caller, left);
    this.#bytes += bytes;
  }
}

function fullOfCaller(most: number): string {
  return `Answers to this caller hold ${most} bytes already, which is as many as may: read them first, or ask for less.`;
}

/** The held bytes of one request. */
export class Holding implements SharedByteCounter {
  readonly #among: Holdings;
  readonly #callerOf: () => string;
  #caller: string | null = null;
  #bytes = 0;

  constructor(among: Holdings, callerOf: () => string) {
    this.#among = among;
    this.#callerOf = callerOf;
  }

  /** Raises the count to `bytes`. Returns the error where that exceeds a limit. */
  grow(bytes: number): FozError | null {
    if (bytes <= this.#bytes) return null;
    this.#caller ??= this.#callerOf();
    const refusal = this.#among.grow(this.#caller, bytes - this.#bytes);
    if (refusal === null) this.#bytes = bytes;
    return refusal;
  }

  /** Sets the count to `bytes`, regardless of limits. */
  set(bytes: number): void {
    if (bytes === this.#bytes) return;
    this.#caller ??= this.#callerOf();
    this.#among.count(this.#caller, bytes - this.#bytes);
    this.#bytes = bytes;
  }

  /** Sets the count to zero. */
  release(): void {
    if (this.#bytes !== 0) this.set(0);
  }
}
