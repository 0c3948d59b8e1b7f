import type { Connection, QueryError } from 'mysql2';
import { FozError } from '../../core/index.ts';
import {
  ArrivingRows,
  ended,
  graceMs,
  isRead,
  type Limits,
  type Pooled,
  Unanswered,
  type Watch,
  type Watched,
} from '../../sql/index.ts';
import { killQuery } from './cancel.ts';
import { connect, rowsOf } from './connect.ts';
import { Inbound, type InboundOptions } from './inbound.ts';
import type { Settings } from './options.ts';
import type { Server } from './server.ts';
import type { WireColumn } from './wire-format.ts';

/** The server's answer: rows as arrays of text and numbers, or the result of a write. */
export interface Answer {
  readonly rows: readonly (readonly unknown[])[];
  /** The server's metadata about the columns. */
  readonly columns: readonly WireColumn[];
  /** `null`: the statement has rows. */
  readonly done: WriteOutcome | null;
  /** The statement is done, but its rows were dropped since they exceed the held bytes. `rows`: how many there were. */
  readonly withheld?: { readonly rows: number; readonly reason: FozError };
}
export interface WriteOutcome {
  readonly affectedRows: number | string;
  readonly insertId: number | string;
  /** `Records: 3  Duplicates: 1  Warnings: 0` for inserts of several rows. */
  readonly info: string;
}

interface Running extends Watched {
  /** Whether the statement is a write outside of a transaction, which commits by itself. */
  readonly isStored: boolean;
  readonly arriving: ArrivingRows;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** Set when the statement is cancelled; resolves when the server has got the KILL. */
  killed: Promise<void> | null;
}

/** One connection: runs one statement at a time, kills it on the server, and knows whether it can be used again. */
export class Session implements Pooled {
  idleSince = 0;
  /** Set by a transaction from its begin to its end. */
  inTransaction = false;
  /** The last conflict that was reported: see `withConflict`. */
  lastReport: string | null = null;
  readonly server: Server;
  readonly #client: Connection;
  readonly #settings: Settings;
  readonly #watch: Watch;
  readonly #onEnd: (session: Session) => void;
  #running: Running | null = null;
  #connected = true;
  /** The error on Foz's side that ended the connection. */
  #broken: unknown = null;

  private constructor(
    client: Connection,
    server: Server,
    settings: Settings,
    watch: Watch,
    onEnd: (session: Session) => void,
  ) {
    this.#client = client;
    this.server = server;
    this.#settings = settings;
    this.#watch = watch;
    this.#onEnd = onEnd;
    client.on('error', () => this.#lose());
    client.on('end', () => this.#lose());
    bound(client, {
      admits: (bytes, isNew) => this.#running?.arriving.admits(bytes, isNew) ?? true,
      onError: (error) => {
        this.#broken = error;
        this.#drop();
      },
    });
  }

  /** Connects and applies the session settings. Rejects with the error of the driver or the server. */
  static async open(settings: Settings, watch: Watch, onEnd: (session: Session) => void): Promise<Session> {
    const { client, server } = await connect(settings);
    return new Session(client, server, settings, watch, onEnd);
  }

  /** Whether the session is connected, no statement runs, and no transaction is open. */
  get usable(): boolean {
    return this.#connected && this.#running === null && !this.inTransaction;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /**
   * Runs one statement with its values inlined. Rejects with FozError `timeout` when its limits end it, with `limit-exceeded` when its rows
   * exceed the held bytes, otherwise with the error of the driver or the server. By then the server has finished the statement, or the
   * connection is gone.
   */
  execute(text: string, limits: Limits): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.#connected)
        return reject(new FozError('unavailable', 'The connection to the database was lost.'));
      const most = this.server.longestStatement;
      if (text.length * 3 > most && Buffer.byteLength(text) > most) return reject(tooLong(most));
      const running: Running = {
        signal: limits.signal,
        deadline: limits.deadline,
        isStored: !this.inTransaction && !isRead(text),
        arriving: new ArrivingRows(
          limits.held,
          () => running.isStored,
          () => this.#refuse(running),
        ),
        resolve,
        reject,
        killed: null,
        stop: () => this.#kill(running),
      };
      this.#running = running;
      this.#watch.add(running);
      this.#client.query(text, (error, result, columns) =>
        this.#answered(running, error, result, columns as unknown as Answer['columns']),
      );
    });
  }

  /** Closes the connection, at once when a statement runs. */
  end(): void {
    if (this.#running === null && this.#connected) this.#client.end(() => this.#lose());
    else this.#client.destroy();
    setTimeout(() => this.#drop(), graceMs).unref();
  }

  #answered(running: Running, error: QueryError | null, result: unknown, columns: Answer['columns']): void {
    if (this.#running !== running) return;
    this.#watch.remove(running);
    if (running.killed !== null) {
      void this.#settle(running, running.killed, error, result, columns);
      return;
    }
    this.#running = null;
    if (error === null) running.resolve(answerOf(result, columns, running));
    else {
      if (error.fatal) this.#lose();
      running.reject(error);
    }
  }

  /** Finishes a statement. A KILL that is still under way, or was too late for its statement, must not hit the next one. */
  async #settle(
    running: Running,
    killed: Promise<void>,
    error: QueryError | null,
    result: unknown,
    columns: Answer['columns'],
  ): Promise<void> {
    await killed;
    for (let attempt = 0; attempt < 2 && this.#connected; attempt++) {
      const failure = await rowsOf(this.#client, 'do 0').then(
        () => null,
        (reason: QueryError) => reason,
      );
      if (failure === null) break;
      if (failure.fatal) this.#lose();
    }
    if (this.#running !== running) return;
    this.#running = null;
    // The write finished before the KILL took effect: it is stored.
    if (error === null && (running.isStored || !Array.isArray(result)))
      running.resolve(answerOf(result, columns, running));
    else running.reject(error?.fatal ? unanswered(running) : stopped(running));
  }

  /** Cancels a statement whose rows exceed the held bytes. */
  #refuse(running: Running): void {
    this.#watch.remove(running);
    this.#kill(running);
  }

  #kill(running: Running): void {
    running.killed ??= killQuery(this.#settings.client, this.server.connection, graceMs);
    const giveUp = () => {
      if (this.#running !== running) return;
      this.#drop();
      this.#running = null;
      running.reject(unanswered(running));
    };
    setTimeout(giveUp, graceMs).unref();
  }

  #drop(): void {
    this.#lose();
    (this.#client as unknown as { readonly stream: { destroy(): void } }).stream.destroy();
  }

  #lose(): void {
    if (!this.#connected) return;
    this.#connected = false;
    const running = this.#running;
    // The client rejects a running statement itself. This rejects one that it has lost, which would wait forever.
    if (running !== null) setImmediate(() => this.#abandon(running));
    this.#onEnd(this);
  }

  #abandon(running: Running): void {
    if (this.#running !== running || running.killed !== null) return;
    this.#running = null;
    this.#watch.remove(running);
    const internal = this.#broken === null ? {} : { internal: String(this.#broken), cause: this.#broken };
    running.reject(new Unanswered('unavailable', 'The connection to the database was lost.', internal));
  }
}

/** Puts an Inbound in front of the packet parser of a client. */
function bound(client: Connection, options: Omit<InboundOptions, 'packets'>): void {
  const parsing = client as unknown as { packetParser: Pick<InboundOptions['packets'], 'execute'> };
  const packets = parsing.packetParser as InboundOptions['packets'];
  parsing.packetParser = new Inbound({ ...options, packets });
}

function stopped({ arriving, signal }: Running): FozError {
  return arriving.refusal ?? ended(signal);
}

function unanswered(running: Running): Unanswered {
  const { code, message, details } = stopped(running);
  return new Unanswered(code, message, { details });
}

function tooLong(most: number): FozError {
  return new FozError(
    'limit-exceeded',
    `The statement is longer than the ${most} bytes that the database takes (max_allowed_packet): ask for less at once.`,
  );
}

function answerOf(result: unknown, columns: Answer['columns'] = [], running?: Running): Answer {
  const { refusal = null, count = 0 } = running?.arriving ?? {};
  if (refusal !== null && Array.isArray(result))
    return { rows: none, columns, done: null, withheld: { rows: count, reason: refusal } };
  return Array.isArray(result)
    ? { rows: result as Answer['rows'], columns, done: null }
    : { rows: none, columns, done: result as WriteOutcome };
}
const none: Answer['rows'] = [];
