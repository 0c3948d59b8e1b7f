import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'mysql2';

/**
 * A socket that can be stopped from reading. The client keeps the TLS socket that it puts over its stream to itself, and to pause the
 * socket below has no effect on that one.
 */
export class SocketGate extends Duplex {
  readonly #socket: Socket;
  #isShut = false;
  /** Read by `socketTo`'s counterpart in the client for the verification of the certificate. */
  readonly _host: string | undefined;

  constructor(socket: Socket, host: string | undefined) {
    super({ allowHalfOpen: false });
    this.#socket = socket.setNoDelay(true).setKeepAlive(true);
    this._host = host;
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  shut(): void {
    this.#isShut = true;
    this.#socket.pause();
  }

  open(): void {
    this.#isShut = false;
    this.#socket.resume();
  }

  override _read(): void {
    if (!this.#isShut) this.#socket.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}

/** Options of the client with a gate for its socket, and a function that returns the gate once the client has connected. */
export function gated(options: ConnectionOptions): {
  readonly options: ConnectionOptions;
  readonly gate: () => SocketGate;
} {
  let gate: SocketGate | undefined;
  const { host = 'localhost', port = 3306, socketPath } = options;
  const stream = () => {
    const socket = socketPath === undefined ? connect(port, host) : connect(socketPath);
    gate = new SocketGate(socket, host);
    return gate;
  };
  return { options: { ...options, stream }, gate: () => gate! };
}
