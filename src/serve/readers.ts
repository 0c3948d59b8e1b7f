import type { Socket } from 'node:net';

/** A client that has a response to read. */
export interface Reader {
  /** The socket of the response; `null`: earlier responses on the connection are still being sent. */
  readonly socket: Pick<Socket, 'bytesWritten' | 'writableLength'> | null;
  /** Closes the connection. */
  cutOff(): void;
}

interface Watched extends Reader {
  /** Bytes that the socket had accepted at the last check. */
  accepted: number;
  /** When it last accepted any. */
  since: number;
}

/** Milliseconds: a client that has read something within this time is not disconnected to make room for others. */
const patienceMs = 1_000;

/** Watches clients that have responses to read, and disconnects those that read nothing for too long. */
export class Readers {
  readonly #writeMs: number;
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | null = null;
  #cutOff = 0;

  constructor(writeMs: number) {
    this.#writeMs = writeMs;
  }

  /** How many clients were disconnected. */
  get cutOff(): number {
    return this.#cutOff;
  }

  /** Watches a client. Returns a function that stops watching. */
  watch(reader: Reader): () => void {
    const watched: Watched = {
      get socket() {
        return reader.socket;
      },
      cutOff: () => reader.cutOff(),
      accepted: -1,
      since: performance.now(),
    };
    this.#watched.add(watched);
    this.#timer ??= setInterval(
      () => this.#check(),
      Math.max(20, Math.min(1_000, this.#writeMs / 4)),
    ).unref();
    return () => void this.#watched.delete(watched);
  }

  /** Disconnects clients that read nothing, to free memory for others. */
  makeRoom(): void {
    this.#cut(Math.min(patienceMs, this.#writeMs));
  }

  #check(): void {
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
      const accepted = socket === null ? -1 : socket.bytesWritten - socket.writableLength;
      if (socket === null || accepted !== watched.accepted) {
        watched.accepted = accepted;
        watched.since = now;
      } else if (now - watched.since >= mostMs) {
        this.#watched.delete(watched);
        this.#cutOff++;
        watched.cutOff();
      }
    }
  }
}
