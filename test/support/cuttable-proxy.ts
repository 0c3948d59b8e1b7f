import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Cuts the connection at the n-th message of the client from now on, before the server receives it or before its answer is returned.
 */
export interface Cut {
  readonly message: number;
  readonly side: 'before' | 'after';
  /** Instead of a cut, the message or its answer is delayed until this resolves; must not reject. */
  readonly meanwhile?: () => Promise<void>;
}

/** A TCP proxy before a database server that can be cut, cut at one message of a client, fall silent, and be reopened. */
export class CuttableProxy {
  /** Passes what the server sends in halves, the second one `halfMs` later. */
  halves = false;
  halfMs = 1;
  /** Replaces a text in all that the server sends, by one of the same length. */
  replaces: readonly [text: string, by: string] | null = null;
  readonly #to: URL;
  readonly #pairs = new Set<readonly Socket[]>();
  #server: Server | null = null;
  #port = 0;
  #silent = false;
  #cut: Cut | null = null;
  #messages = 0;

  /** `url`: the URL of the server. */
  constructor(url: URL | string) {
    this.#to = new URL(url);
  }

  /** Accepts clients, also after a cut or silence, and returns the server's URL through this proxy. */
  async open(): Promise<string> {
    await this.cut();
    this.#silent = false;
    return this.#listen();
  }

  /** From now on connections are accepted but never answered; existing ones are cut. */
  async silence(): Promise<string> {
    await this.cut();
    this.#silent = true;
    return this.#listen();
  }

  /** Closes all connections and refuses new ones. */
  async cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#server === null) resolve();
      else this.#server.close(() => resolve());
    });
    this.#server = null;
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    await closed;
  }

  /** Starts counting messages. */
  arm(cut: Cut): void {
    this.#messages = 0;
    this.#cut = cut;
  }

  /** Stops counting; returns whether the connection was cut meanwhile. */
  disarm(): boolean {
    const wasCut = this.#cut === null;
    this.#cut = null;
    return wasCut;
  }

  async #listen(): Promise<string> {
    const server = createServer((near) => this.#join(near));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    const through = new URL(this.#to);
    through.hostname = '127.0.0.1';
    through.port = String(this.#port);
    return through.href;
  }

  #join(near: Socket): void {
    const far = this.#silent ? null : connect(Number(this.#to.port), this.#to.hostname).setNoDelay(true);
    const pair = far === null ? [near] : [near.setNoDelay(true), far];
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        for (const each of pair) each.destroy();
        this.#pairs.delete(pair);
      });
    }
    if (far !== null) this.#pass(near, far);
  }

  #pass(near: Socket, far: Socket): void {
    let after: Cut | null = null;
    near.on('data', (chunk: Buffer) => {
      const cut = this.#cut;
      if (cut === null || ++this.#messages < cut.message) return void far.write(chunk);
      this.#cut = null;
      if (cut.side === 'before') return stop(cut, near, far, chunk);
      after = cut;
      far.write(chunk);
    });
    // An answer means that the server has executed the message.
    far.on('data', (chunk: Buffer) => {
      if (after === null && this.halves) return halved(chunk, far, near, this.halfMs);
      if (after === null) return void near.write(replaced(chunk, this.replaces));
      const cut = after;
      after = null;
      stop(cut, far, near, chunk);
    });
  }
}

function replaced(chunk: Buffer, replaces: CuttableProxy['replaces']): Buffer {
  if (replaces === null) return chunk;
  const [text, by] = replaces;
  return Buffer.from(chunk.toString('latin1').replaceAll(text, by), 'latin1');
}

function halved(chunk: Buffer, from: Socket, to: Socket, ms: number): void {
  const middle = Math.floor(chunk.length / 2);
  to.write(chunk.subarray(0, middle));
  from.pause();
  setTimeout(() => {
    to.write(chunk.subarray(middle));
    from.resume();
  }, ms);
}

/** Drops data of one side, or delays it. */
function stop({ meanwhile }: Cut, from: Socket, to: Socket, chunk: Buffer): void {
  if (meanwhile === undefined) {
    from.destroy();
    return;
  }
  from.pause();
  void meanwhile().then(() => {
    to.write(chunk);
    from.resume();
  });
}
