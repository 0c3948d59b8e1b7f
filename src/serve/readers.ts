import type { Socket } from 'node:net';

/** A client that has an answer to read. */
export interface Reader {
  /** Where the answer goes; `null`: answers before it are still on their way there. */
  readonly socket: Pick<Socket, 'bytesWritten' | 'writableLength'> | null;
  /** Ends its connection. */
  cutOff(): void;
}

interface Watched extends Reader {
  /** Bytes that its socket had taken when it was looked at last. */
  taken: number;
  /** Since when it has taken none. */
  since: number;
}

/** Milliseconds: a client that has read something within this time is not cut off to make room for others. */
const patienceMs = 1_000;

/** Watches clients that have answers to read, and cuts off those that read nothing for too long. */
export class Readers {
  readonly #writeMs: number;
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | null = null;
  #cutOff = 0;

  constructor(writeMs: number) {
    this.#writeMs = writeMs;
  }

  /** Clients that were cut off. */
  get cutOff(): number {
    return this.#cutOff;
  }

  /** Watches a client; returns a function that ends it. */
  watch(reader: Reader): () => void {
    const watched: Watched = {
      get socket() {
        return reader.socket;
      },
      cutOff: () => reader.cutOff(),
      taken: -1,
      since: performance.now(),
    };
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => this.#look(), Math.max(20, Math.min(1_000, this.#writeMs / 4))).unref();
    return () => void this.#watched.delete(watched);
  }

  /** Cuts off those that read nothing, so that others can be answered. */
  makeRoom(): void {
    this.#cut(Math.min(patienceMs, this.#writeMs));
  }

  #look(): void {
    if (this.#watched.size === 0) {
      clearInterval(this.#timer!);
      this.#timer = null;
      return;
    }
    this.#cut(this.#writeMs);
  }

  #cut(mostMs: number): void {
    const now = performance.now();
    for (const watched of this.#watched) {
      const { socket } = watched;
      const taken = socket === null ? -1 : socket.bytesWritten - socket.writableLength;
      if (socket === null || taken !== watched.taken) {
        watched.taken = taken;
        watched.since = now;
      } else if (now - watched.since >= mostMs) {
        this.#watched.delete(watched);
        this.#cutOff++;
        watched.cutOff();
      }
    }
  }
}
