import { type Connection, Request, TYPES } from 'tedious';
import { FozError } from '../../core/index.ts';
import {
  ArrivingRows,
  ended,
  endOfTransactionLimits,
  graceMs,
  isRead,
  type Limits,
  type Pooled,
  Unanswered,
  type Watch,
  type Watched,
} from '../../sql/index.ts';
import { connect } from './connect.ts';
import { isLost, toFozError } from './errors.ts';
import type { Settings } from './options.ts';
import { affectedName, identityOff } from './writes.ts';

/** The server's answer to one statement. */
export interface Answer {
  readonly rows: readonly (readonly unknown[])[];
  readonly affected: number;
  /** The statement is done, but its rows were dropped since they exceed the held bytes. */
  readonly withheld?: FozError;
}

interface Running extends Watched {
  /** Whether the statement is a write outside of a transaction, which commits by itself. */
  readonly isStored: boolean;
  readonly arriving: ArrivingRows;
  readonly rows: unknown[][];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  isCancelled: boolean;
  /** The result set is the number of written rows. */
  isCount: boolean;
}

/** Longer texts are sent as `nvarchar(max)`. One length for all others, so that the server keeps one plan for a statement. */
const plainLength = 4000;

/** One connection: runs one statement at a time, cancels it on the server, and knows whether it can be used again. */
export class Session implements Pooled {
  idleSince = 0;
  readonly #client: Connection;
  readonly #watch: Watch;
  readonly #onEnd: (session: Session) => void;
  #running: Running | null = null;
  #connected = true;

  private constructor(client: Connection, watch: Watch, onEnd: (session: Session) => void) {
    this.#client = client;
    this.#watch = watch;
    this.#onEnd = onEnd;
    client.on('error', () => this.#lose());
    client.on('end', () => this.#lose());
  }

  /** Connects. Rejects with the error of the driver or the server. */
  static async open(settings: Settings, watch: Watch, onEnd: (session: Session) => void): Promise<Session> {
    return new Session(await connect(settings), watch, onEnd);
  }

  get usable(): boolean {
    return this.#connected && this.#running === null && !this.inTransaction;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether the server has a transaction open on this connection. */
  get inTransaction(): boolean {
    return (this.#client as unknown as { readonly inTransaction: boolean }).inTransaction;
  }

  /**
   * Runs one statement with its values as the parameters `@p1`, `@p2`, ... Rejects with FozError `timeout` when its limits end it, with
   * `limit-exceeded` when its rows exceed the held bytes, otherwise with the error of the driver or the server. By then the server has
   * finished the statement, or the connection is gone.
   */
  async execute(text: string, values: readonly (string | null)[], limits: Limits): Promise<Answer> {
    const off = identityOff(text);
    if (off === null) return this.#send(text, values, limits);
    try {
      return await this.#send(text, values, limits);
    } catch (error) {
      // The batch has ended before it set the option back, and there is one for all tables.
      await this.batch(off, endOfTransactionLimits()).catch(() => this.end());
      throw error;
    }
  }

  #send(text: string, values: readonly (string | null)[], limits: Limits): Promise<Answer> {
    return this.#start(text, limits, (request) => {
      values.forEach((value, at) => {
        const length = value !== null && value.length > plainLength ? Number.POSITIVE_INFINITY : plainLength;
        request.addParameter(`p${at + 1}`, TYPES.NVarChar, value, { length });
      });
      this.#client.execSql(request);
    });
  }

  /** As `execute`, for statements that begin or end a transaction: within `sp_executesql` the server would count that as a fault. */
  batch(text: string, limits: Limits): Promise<Answer> {
    return this.#start(text, limits, (request) => this.#client.execSqlBatch(request));
  }

  #start(text: string, limits: Limits, send: (request: Request) => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.#connected)
        return reject(new FozError('unavailable', 'The connection to the database was lost.'));
      const request = new Request(text, (error, count) => this.#answered(running, error ?? null, count ?? 0));
      const running: Running = {
        signal: limits.signal,
        deadline: limits.deadline,
        isStored: !this.inTransaction && !isRead(text),
        arriving: new ArrivingRows(
          limits.held,
          () => running.isStored,
          () => this.#refuse(running),
        ),
        rows: [],
        resolve,
        reject,
        isCancelled: false,
        isCount: false,
        stop: () => this.#cancel(running),
      };
      // Only the last result set counts: triggers may have sent others.
      request.on('columnMetadata', (columns) => {
        running.rows.length = 0;
        running.isCount = Object.values(columns)[0]?.colName === affectedName;
      });
      request.on('row', (columns: readonly { readonly value: unknown }[]) => {
        const row = columns.map(({ value }) => value);
        if (running.arriving.admits(bytesOf(row))) running.rows.push(row);
      });
      this.#running = running;
      this.#watch.add(running);
      try {
        send(request);
      } catch (error) {
        this.#answered(running, error as Error, 0);
      }
    });
  }

  /** Closes the connection, at once when a statement runs. */
  end(): void {
    this.#client.close();
    this.#lose();
  }

  #answered(running: Running, error: Error | null, count: number): void {
    if (this.#running !== running) return;
    this.#running = null;
    this.#watch.remove(running);
    const { arriving, rows, isStored, isCancelled } = running;
    if (error === null) {
      if (running.isCount) running.resolve({ rows: [], affected: Number(rows[0]?.[0] ?? 0) });
      else if (arriving.refusal === null) running.resolve({ rows, affected: count });
      else if (isStored) running.resolve({ rows: [], affected: arriving.count, withheld: arriving.refusal });
      else running.reject(arriving.refusal);
      return;
    }
    const stopped = isCancelled ? (arriving.refusal ?? ended(running.signal)) : null;
    running.reject(isLost(error) ? unanswered(stopped ?? toFozError(error)) : (stopped ?? error));
  }

  /** Cancels a statement whose rows exceed the held bytes. */
  #refuse(running: Running): void {
    this.#watch.remove(running);
    this.#cancel(running);
  }

  #cancel(running: Running): void {
    running.isCancelled = true;
    this.#client.cancel();
    // The client may wait forever for a statement that was not sent whole when it was cancelled.
    const giveUp = () => {
      if (this.#running !== running) return;
      this.#client.close();
      this.#lose();
    };
    setTimeout(giveUp, graceMs).unref();
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
    if (this.#running !== running) return;
    this.#running = null;
    this.#watch.remove(running);
    running.reject(
      running.isCancelled
        ? unanswered(running.arriving.refusal ?? ended(running.signal))
        : new Unanswered('unavailable', 'The connection to the database was lost.'),
    );
  }
}

function unanswered({ code, message, details, internal, cause }: FozError): Unanswered {
  return new Unanswered(code, message, { details, internal, cause });
}

/** The bytes that a row holds, about. */
function bytesOf(row: readonly unknown[]): number {
  let bytes = 0;
  for (const value of row) {
    if (typeof value === 'string') bytes += value.length;
    else if (Buffer.isBuffer(value)) bytes += value.length;
    else bytes += 8;
  }
  return bytes;
}
