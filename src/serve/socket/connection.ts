import type { IncomingMessage } from 'node:http';
import { type RawData, WebSocket } from 'ws';
import type { Session } from '../../access/index.ts';
import { readJson } from '../../core/index.ts';
import { pieceLength } from '../pieces.ts';
import type { Readers } from '../readers.ts';
import { Answering, type Reply, type Run } from './answering.ts';
import { closings, reasonOf } from './closings.ts';
import { SendQueue } from './send-queue.ts';

/** The settings and callbacks of a connection. */
export interface ConnectionOptions {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly keepaliveMs: number;
  /** Bytes that may be queued for a client. */
  readonly bufferBytes: number;
  /** Disconnects clients that read nothing. */
  readonly readers: Readers;
  /** The longest message of a session in bytes; `null`: before authentication. */
  readonly longest: (session: Session | null) => number;
  /** Called when the connection is authenticated. */
  readonly onAccept: () => void;
  /** Called with an unexpected error. */
  readonly onError: (error: unknown) => void;
}

/** One open WebSocket: limits the size of messages, applies back-pressure, and disconnects a client that does not answer pings. */
export class Connection {
  readonly id: string;
  readonly request: IncomingMessage;
  /** Called when the connection is closed. */
  readonly closed: (() => void)[] = [];
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions;
  readonly #running = new Set<Answering>();
  readonly #exact = new WeakSet<object>();
  #operations = 0;
  readonly #sendQueue: SendQueue;
  #raw: Reply | null = null;
  #unwatch: (() => void) | null = null;
  #isAlive = true;
  #isDraining = false;
  #session: Session | null = null;

  constructor(socket: WebSocket, options: ConnectionOptions) {
    this.id = options.id;
    this.request = options.request;
    this.#socket = socket;
    this.#sendQueue = new SendQueue(socket);
    this.#options = options;
    const markAlive = () => {
      this.#isAlive = true;
    };
    // An 'error' event is followed by 'close'. Without a listener for 'error', Node would end the process.
    socket.on('error', () => {});
    socket.on('pong', markAlive);
    socket.on('ping', (data: Buffer) => {
      markAlive();
      if (this.#isReading()) socket.pong(data);
    });
    const keepalive = setInterval(() => this.#ping(), options.keepaliveMs);
    socket.on('close', () => {
      clearInterval(keepalive);
      this.#watch(false);
      this.#cancel();
      for (const listener of this.closed) listener();
    });
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** The session; `null` until `connection_init` is accepted. */
  get session(): Session | null {
    return this.#session;
  }

  /** Sets the session. */
  accept(session: Session): void {
    this.#session = session;
    this.#options.onAccept();
  }

  /** The number of running operations. */
  get running(): number {
    return this.#running.size;
  }

  /** The request id of the next operation, for logs and the audit log. */
  nextId(): string {
    return `${this.id}.${++this.#operations}`;
  }

  /** Calls back with each message in turn: its parsed JSON, or its text if that is not JSON. */
  onMessage(listener: (message: unknown) => Promise<void>): void {
    this.#socket.on('message', (data: RawData, isBinary: boolean) => {
      this.#isAlive = true;
      if (!this.isOpen) return;
      const longest = this.#options.longest(this.session);
      const bytes = data as Buffer;
      if (isBinary) this.close(closings.binary, 'Messages are text.');
      else if (bytes.length > longest)
        this.close(closings.tooLarge, `The message is larger than ${longest} bytes.`);
      else
        listener(this.#read(bytes.toString('utf8'))).catch((error: unknown) => {
          this.#options.onError(error);
          this.close(closings.broken, 'Something went wrong inside Foz; the log has the details.');
        });
    });
  }

  /** Whether the numbers of a received payload were parsed with all their digits. */
  isExact(payload: unknown): boolean {
    return typeof payload === 'object' && payload !== null && this.#exact.has(payload);
  }

  #read(text: string): unknown {
    try {
      const { value, hasExact } = readJson(text);
      const payload = (value as { readonly payload?: unknown } | null)?.payload;
      if (typeof payload !== 'object' || payload === null) return value;
      if (hasExact) this.#exact.add(payload);
      // The protocol requires the text of each operation, even if an id identifies it.
      if (isByItsId(payload)) Object.assign(payload, { query: '' });
      return value;
    } catch {
      // The protocol's library reports what is wrong with the text.
      return text;
    }
  }

  /** A payload that is sent as the text of the reply, without being parsed and printed again, so that no number in it changes. */
  raw(reply: Reply): object {
    return {
      toJSON: () => {
        this.#raw = reply;
        reply.hasSender = true;
        return 0;
      },
    };
  }

  /** Sends a message. Resolves when it was sent or never will be. */
  async send(message: string): Promise<void> {
    const reply = this.#raw;
    this.#raw = null;
    try {
      if (!this.isOpen || !this.#isReading()) return;
      // The payload is the last member of a message, so its text goes before the closing brace.
      const text = reply === null ? message : `${message.slice(0, -2)}${reply.json}}`;
      const leaving = this.#sendQueue.send(text);
      if (text.length > pieceLength || this.request.socket.writableLength > 0) this.#watch(true);
      await leaving;
      if (this.#sendQueue.waiting === 0) this.#watch(false);
    } finally {
      reply?.release?.();
    }
  }

  /** Starts or stops watching whether the client reads. */
  #watch(on: boolean): void {
    const { socket } = this.request;
    if (on) this.#unwatch ??= this.#options.readers.watch({ socket, cutOff: () => this.terminate() });
    else {
      this.#unwatch?.();
      this.#unwatch = null;
    }
  }

  /** Closes with a code and a reason, and ends running operations. */
  close(code: number, reason = ''): void {
    if (!this.isOpen) return;
    this.#socket.close(code, reasonOf(reason));
    this.#cancel();
  }

  /** Closes the TCP connection without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Starts an operation of this connection; it ends with the connection at the latest. */
  answer(run: Run): Answering {
    const answering: Answering = new Answering(run, () => {
      this.#running.delete(answering);
      // The operation's last message is sent first.
      if (this.#isDraining) setImmediate(() => this.#closeIfIdle());
    });
    this.#running.add(answering);
    return answering;
  }

  /** Closes the connection as soon as no operation but subscriptions is running. Their clients subscribe again over another one. */
  drain(): void {
    this.#isDraining = true;
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if ([...this.#running].every(({ isLive }) => isLive)) this.close(closings.away, 'The server stops.');
  }

  #cancel(): void {
    for (const answering of this.#running) void answering.return();
  }

  #ping(): void {
    if (!this.#isAlive) this.terminate();
    this.#isAlive = false;
    if (this.isOpen) this.#socket.ping();
  }

  /** Whether the client reads what is sent. A client with too many queued bytes is disconnected. */
  #isReading(): boolean {
    const waiting = Math.max(this.#socket.bufferedAmount, this.#sendQueue.waiting);
    if (waiting <= this.#options.bufferBytes) return true;
    this.terminate();
    return false;
  }
}

function isByItsId(payload: {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}): boolean {
  const { query, documentId, extensions } = payload;
  return (query === undefined || query === null) && (documentId !== undefined || extensions !== undefined);
}
