const headerBytes = 5;
const rowCode = 'D'.charCodeAt(0);

/** Messages from this length on are assembled in a buffer of their own, since the client's parser would double its buffer repeatedly. */
const largeBytes = 256 * 1024;

/** The longest message other than a row: an error, a notice, a setting. In replication mode, rows come in other messages. */
export const mostBytes = 64 * 1024 * 1024;

const nothing = Buffer.alloc(0);

/** Hooks into the messages of a connection. */
export interface InboundOptions {
  /** Whether a row of this size is admitted; called when its header has arrived, before its body. */
  readonly admits: (bytes: number) => boolean;
  /** The longest message other than a row; default: `mostBytes`. */
  readonly mostBytes?: () => number;
  /** Receives the bytes of messages in order. */
  readonly pass: (bytes: Buffer) => void;
}

/**
 * Reads the headers of the server's messages (protocol version 3: a code, a length, a body). Drops rows that are not admitted as they
 * arrive, and passes all other messages on.
 */
export class Inbound {
  readonly #options: InboundOptions;
  /** The start of a header that has not arrived completely. */
  #head: Buffer = nothing;
  /** Bytes of the current message that have not arrived yet. */
  #missing = 0;
  /** Whether the current message is a row. */
  #isRow = false;
  #isSkipping = false;
  /** A large message that is being assembled; the next member is the number of its bytes so far. */
  #large: Buffer | null = null;
  #filled = 0;

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** Takes arrived bytes. Throws RangeError for a message that no server sends, and rethrows errors of `pass`. */
  receive(arrived: Buffer): void {
    let chunk = arrived;
    if (this.#head.length > 0) {
      chunk = Buffer.concat([this.#head, arrived]);
      this.#head = nothing;
    }
    let at = this.#missing === 0 ? 0 : this.#continue(chunk);
    let start = at;
    while (at + headerBytes <= chunk.length) {
      const length = 1 + chunk.readUInt32BE(at + 1);
      const isRow = chunk[at] === rowCode;
      if (length < headerBytes || (!isRow && length > (this.#options.mostBytes?.() ?? mostBytes)))
        throw new RangeError(`A message of ${length} bytes came from the database.`);
      const end = at + length;
      this.#isRow = isRow;
      if (isRow && !this.#options.admits(length)) {
        this.#pass(chunk, start, at);
        this.#isSkipping = end > chunk.length;
        this.#missing = Math.max(0, end - chunk.length);
        at = Math.min(end, chunk.length);
        start = at;
      } else if (end <= chunk.length) at = end;
      else {
        this.#missing = end - chunk.length;
        if (length >= largeBytes) {
          this.#pass(chunk, start, at);
          this.#large = Buffer.allocUnsafeSlow(length);
          this.#filled = chunk.copy(this.#large, 0, at);
        } else this.#pass(chunk, start, chunk.length);
        return;
      }
    }
    this.#pass(chunk, start, at);
    if (at < chunk.length) this.#head = Buffer.from(chunk.subarray(at));
  }

  /** Drops the row that is arriving, if it is a large one. Returns its bytes that have not arrived yet. */
  dropRow(): number {
    if (this.#missing === 0 || !this.#isRow || (this.#large === null && !this.#isSkipping)) return 0;
    this.#large = null;
    this.#isSkipping = true;
    return this.#missing;
  }

  /** Continues the message that the last chunk began. Returns the position of the next one. */
  #continue(chunk: Buffer): number {
    const end = Math.min(this.#missing, chunk.length);
    this.#missing -= end;
    if (this.#large !== null) {
      this.#filled += chunk.copy(this.#large, this.#filled, 0, end);
      if (this.#missing === 0) {
        const whole = this.#large;
        this.#large = null;
        this.#options.pass(whole);
      }
    } else if (!this.#isSkipping) this.#pass(chunk, 0, end);
    if (this.#missing === 0) this.#isSkipping = false;
    return end;
  }

  #pass(chunk: Buffer, start: number, end: number): void {
    if (start === end) return;
    this.#options.pass(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
  }
}
