/** Reads the fields of one message in order. Throws RangeError for a read past its end. */
export class MessageReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#step(1));
  }

  int16(): number {
    return this.#bytes.readUInt16BE(this.#step(2));
  }

  int32(): number {
    return this.#bytes.readUInt32BE(this.#step(4));
  }

  int64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#step(8));
  }

  /** Text up to a zero byte. */
  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new RangeError('A text in a message of the database has no end.');
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  /** A text, which follows its length in bytes; `undefined`: it is longer than `most`. */
  sized(most: number): string | undefined {
    const length = this.int32();
    const start = this.#step(length);
    if (start + length > this.#bytes.length)
      throw new RangeError('A value in a message of the database is cut.');
    return length > most ? undefined : this.#bytes.toString('utf8', start, start + length);
  }

  #step(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}
