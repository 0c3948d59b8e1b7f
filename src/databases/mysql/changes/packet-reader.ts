const headerBytes = 4;
/** A packet of this length is continued in the next one. */
const fullBytes = 0xffffff;

/**
 * Joins the packets of the MySQL protocol out of the chunks that arrive. It takes the place of the client's own parser once the server
 * sends its binlog. While it is held, it keeps what arrives and delivers nothing.
 */
export class PacketReader {
  readonly #deliver: (payload: Buffer) => void;
  #chunks: Buffer[] = [];
  #arrived = 0;
  /** Bytes that the packet at the start of the chunks needs, its header included. */
  #needed = headerBytes;
  /** The parts of a payload that is longer than a packet. */
  #parts: Buffer[] = [];
  #isHeld = false;

  /** `deliver` gets each payload. It may hold the reader. */
  constructor(deliver: (payload: Buffer) => void) {
    this.#deliver = deliver;
  }

  execute(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#arrived += chunk.length;
    this.#parse();
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#parse();
  }

  #parse(): void {
    if (this.#isHeld || this.#arrived < this.#needed) return;
    const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    let at = 0;
    this.#needed = headerBytes;
    while (!this.#isHeld && at + headerBytes <= bytes.length) {
      const length = bytes.readUIntLE(at, 3);
      const end = at + headerBytes + length;
      if (end > bytes.length) {
        this.#needed = headerBytes + length;
        break;
      }
      this.#packet(bytes.subarray(at + headerBytes, end));
      at = end;
    }
    this.#chunks = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#arrived = bytes.length - at;
  }

  #packet(payload: Buffer): void {
    if (payload.length === fullBytes) this.#parts.push(payload);
    else if (this.#parts.length === 0) this.#deliver(payload);
    else {
      const whole = Buffer.concat([...this.#parts, payload]);
      this.#parts = [];
      this.#deliver(whole);
    }
  }
}
