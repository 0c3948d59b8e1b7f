import type { EventEmitter } from 'node:events';
import type { FozError } from '../../../core/index.ts';
import type { Client } from '../connect.ts';
import { toFozError } from '../errors.ts';
import { protocolNow } from './lsn.ts';

/** Messages within CopyData: https://www.postgresql.org/docs/current/protocol-replication.html */
const [walData, keepAlive, standbyStatus] = [0x77, 0x6b, 0x72];
/** Bytes before the payload of a message with WAL data: its code, start, end, time. */
const walHeader = 25;

/** Most bytes of the message of a row. A single value has up to 1 GB. */
const mostRowBytes = 2 ** 31 - 1;

/** Milliseconds between status updates. The server ends a connection without one for `wal_sender_timeout`, 60 s by default. */
const statusMs = 5_000;

interface Raw extends EventEmitter {
  readonly stream: { pause(): void; resume(): void; destroy(): void };
  sendCopyFromChunk(chunk: Buffer): void;
}

interface Listener {
  /** A message of the output plugin. The bytes are valid only during the call. */
  readonly data: (bytes: Buffer) => void;
  /** The server has sent all changes before this position. */
  readonly idle: (end: bigint) => void;
  /** Called once, when the connection has ended. */
  readonly end: (error: FozError) => void;
}

/** A connection in replication mode: reads CopyData, answers keep-alives, reports acknowledged positions. */
export class ReplicationConnection {
  readonly #client: Client;
  readonly #raw: Raw;
  #listener: Listener | null = null;
  /** Messages that came together with the answer to START_REPLICATION, before anybody could listen. */
  #early: Buffer[] = [];
  #acknowledged = 0n;
  #timer: NodeJS.Timeout | null = null;
  #ended: FozError | null = null;

  constructor(client: Client) {
    this.#client = client;
    client.mostBytes = mostRowBytes;
    this.#raw = client.connection as unknown as Raw;
    client.on('error', (error: unknown) => this.#end(toFozError(error)));
    client.on('end', () => this.#end(toFozError(new Error('Connection terminated unexpectedly'))));
  }

  /** Rows of a replication command. */
  async query(text: string): Promise<Readonly<Record<string, string | null>>[]> {
    return (await this.#client.query(text)).rows as Record<string, string | null>[];
  }

  /** Sends START_REPLICATION. From then on the connection only streams. */
  start(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#raw.once('replicationStart', () => {
        this.#timer = setInterval(() => this.#report(), statusMs);
        resolve();
      });
      this.#raw.on('copyData', ({ chunk }: { chunk: Buffer }) => this.#receive(chunk));
      this.#client.query(text).then(
        () => this.#end(toFozError(new Error('Connection terminated unexpectedly'))),
        (error: unknown) => {
          this.#end(toFozError(error));
          reject(error);
        },
      );
    });
  }

  listen(listener: Listener): void {
    this.#listener = listener;
    for (const chunk of this.#early.splice(0)) this.#receive(chunk);
    if (this.#ended !== null) listener.end(this.#ended);
  }

  /** Stops reading (back-pressure). Status updates are still sent at their interval. */
  pause(): void {
    this.#raw.stream.pause();
  }

  resume(): void {
    this.#raw.stream.resume();
  }

  get acknowledged(): bigint {
    return this.#acknowledged;
  }

  /** Sets the acknowledged position. It is reported to the server at once, and again every few seconds. */
  acknowledge(position: bigint): void {
    if (position <= this.#acknowledged) return;
    this.#acknowledged = position;
    this.#report();
  }

  async close(): Promise<void> {
    this.#end(toFozError(new Error('Connection terminated')));
    this.#raw.stream.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#listener === null) {
      this.#early.push(Buffer.from(chunk));
      return;
    }
    if (chunk[0] === walData) this.#listener.data(chunk.subarray(walHeader));
    else if (chunk[0] === keepAlive) {
      this.#listener.idle(chunk.readBigUInt64BE(1));
      if (chunk[17] === 1) this.#report();
    }
  }

  /** Sends a standby status update. Its written, flushed and applied positions are all the acknowledged one. */
  #report(): void {
    if (this.#ended !== null) return;
    const message = Buffer.alloc(34);
    message[0] = standbyStatus;
    for (const at of [1, 9, 17]) message.writeBigUInt64BE(this.#acknowledged, at);
    message.writeBigInt64BE(protocolNow(), 25);
    this.#raw.sendCopyFromChunk(message);
  }

  #end(error: FozError): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#listener?.end(error);
  }
}
