const headerBytes = 4;
/** A packet of this length is continued in the next one. */
const fullBytes = 0xffffff;
/** An end-of-rows packet is shorter than this. A row that begins with the same byte is longer. */
const endBytes = 9;
const codes = { ok: 0x00, end: 0xfe, error: 0xff } as const;

/** The part of a response that the next packet belongs to: its head, the column definitions or the rows, each with their end packet. */
type Phase = 'head' | 'columns' | 'rows';

/** The packet parser of the client. */
interface Packets {
  execute(bytes: Buffer): void;
  /** The parts received so far of a row that is longer than a packet. */
  readonly largePacketParts: unknown[];
}

/** Hooks into the packets of a connection. */
export interface InboundOptions {
  readonly packets: Packets;
  /**
   * Whether a row packet of this size is admitted; called when its header has arrived, before its body. `isNew`: the packet begins a row,
   * otherwise it continues one.
   */
  readonly admits: (bytes: number, isNew: boolean) => boolean;
  /** Takes errors of the parser and of its listeners: uncaught on the socket, they would end the process. */
  readonly onError: (error: unknown) => void;
}

/** A filter before the client's packet parser. Reads the headers of packets and drops rows that are not admitted. */
export class Inbound {
  readonly #options: InboundOptions;
  #phase: Phase = 'head';
  /** The number that the client expects the next packet to have. */
  #next = 0;
  /** The start of a header that has not arrived completely, or a header that waits for the byte after it. */
  #head: Buffer | null = null;
  /** Bytes of the current packet that have not arrived yet. */
  #missing = 0;
  #isSkipping = false;
  /** Whether the current packet continues the one before it. */
  #isContinued = false;

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  execute(arrived: Buffer): void {
    try {
      this.#receive(arrived);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #receive(arrived: Buffer): void {
    const chunk = this.#head === null ? arrived : Buffer.concat([this.#head, arrived]);
    this.#head = null;
    let at = Math.min(this.#missing, chunk.length);
    this.#missing -= at;
    let start = this.#isSkipping ? at : 0;
    if (this.#missing === 0) this.#isSkipping = false;
    while (at < chunk.length) {
      const length = at + headerBytes > chunk.length ? -1 : chunk.readUIntLE(at, 3);
      // The byte after the header determines the kind of the packet.
      if (length < 0 || (length > 0 && at + headerBytes === chunk.length)) {
        this.#pass(chunk, start, at);
        this.#head = Buffer.from(chunk.subarray(at));
        return;
      }
      const end = at + headerBytes + length;
      const isIn = this.#admits(chunk, at, length);
      this.#isContinued = length === fullBytes;
      if (!isIn) {
        this.#pass(chunk, start, at);
        this.#isSkipping = end > chunk.length;
      }
      this.#missing = Math.max(0, end - chunk.length);
      at = Math.min(end, chunk.length);
      if (!isIn) start = at;
    }
    this.#pass(chunk, start, at);
  }

  #admits(chunk: Buffer, at: number, length: number): boolean {
    const first = chunk[at + headerBytes] ?? 0;
    const isEnd = !this.#isContinued && (first === codes.error || (first === codes.end && length < endBytes));
    if (this.#phase === 'rows' && !isEnd) {
      if (!this.#options.admits(length, !this.#isContinued)) {
        this.#options.packets.largePacketParts.length = 0;
        return false;
      }
    } else if (this.#phase === 'rows') {
      // The client checks sequence numbers, which have a gap where rows were dropped.
      chunk[at + 3] = this.#next;
      this.#phase = 'head';
    } else if (this.#phase === 'columns') {
      if (isEnd) this.#phase = first === codes.end ? 'rows' : 'head';
    } else if (!isEnd && first !== codes.ok) this.#phase = 'columns';
    if (length < fullBytes) this.#next = (chunk[at + 3]! + 1) & 0xff;
    return true;
  }

  #pass(chunk: Buffer, start: number, end: number): void {
    if (start === end) return;
    this.#options.packets.execute(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
  }
}
