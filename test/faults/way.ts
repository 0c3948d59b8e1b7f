import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** When a way is cut: at the n-th message of the client from now on, before the server has it or before its answer is back. */
export interface Cut {
  readonly message: number;
  readonly side: 'before' | 'after';
}

/** A way to a database server that is cut at one chosen message of a client. */
export class Way {
  readonly #host: string;
  readonly #port: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server: Server;
  #cut: Cut | null = null;
  #messages = 0;

  /** `url`: that of the server. */
  constructor(url: URL) {
    this.#host = url.hostname;
    this.#port = Number(url.port);
    this.#server = createServer((near) => this.#join(near));
  }

  /** Starts, and gives the same URL with this way in it. */
  async open(url: URL): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String((this.#server.address() as AddressInfo).port);
    return through.href;
  }

  /** Counts messages from here. */
  arm(cut: Cut): void {
    this.#messages = 0;
    this.#cut = cut;
  }

  /** Stops counting; whether it was cut meanwhile. */
  disarm(): boolean {
    const wasCut = this.#cut === null;
    this.#cut = null;
    return wasCut;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const [near, far] of this.#pairs) for (const socket of [near, far]) socket.destroy();
    await closed;
  }

  #join(near: Socket): void {
    const far = connect(this.#port, this.#host).setNoDelay(true);
    const pair = [near.setNoDelay(true), far] as const;
    this.#pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('error', () => {});
      one.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
    let deaf = false;
    near.on('data', (chunk: Buffer) => {
      const cut = this.#cut;
      if (cut === null || ++this.#messages < cut.message) return void far.write(chunk);
      this.#cut = null;
      if (cut.side === 'before') return void near.destroy();
      deaf = true;
      far.write(chunk);
    });
    // The server has done what it was told when it answers; its answer does not come through.
    far.on('data', (chunk: Buffer) => (deaf ? void near.destroy() : void near.write(chunk)));
  }
}
