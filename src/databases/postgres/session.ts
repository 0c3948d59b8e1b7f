import type { EventEmitter } from 'node:events';
import type { FozError } from '../../core/index.ts';
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
import { type BackendKey, requestCancel } from './cancel.ts';
import { type Client, type Connected, connect } from './connect.ts';
import { isServerError, isStale, isUnknownStatement, toFozError } from './errors.ts';
import { type Answer, Execution } from './execution.ts';
import type { Settings } from './options.ts';
import { type Pooler, processQuery } from './pooler.ts';
import { PreparedStatements } from './prepared.ts';
import { checkCount, type ExtendedQuery, roundTrip } from './wire.ts';

/** Applies only to the transaction of the next statement, since a pooler may give the server connection to another client afterwards. */
const intervalStyle = "select pg_catalog.set_config('IntervalStyle', 'iso_8601', true)";

/**
 * Most bytes of a row that are read only to be dropped. A server that is told to stop does so after the row that it is sending, which may be a
 * whole list: a new connection costs less than the rest of it.
 */
const mostDropped = 8 * 1024 * 1024;

interface Running extends Watched {
  readonly text: string;
  /** Whether the statement was parsed in this round trip. */
  readonly parsed: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** Whether the statement is within a transaction, or begins one. */
  readonly inTransaction: boolean;
  readonly arriving: ArrivingRows;
  /** Set when the statement is cancelled; resolves when the server has got the cancel request. */
  cancelled: Promise<void> | null;
  /** Whether rows were dropped because the statement was cancelled. */
  isCut: boolean;
  error: unknown;
}

/** One connection: runs one statement at a time, cancels it on the server, and knows whether it can be used again. */
export class Session implements Pooled {
  idleSince = 0;
  readonly #client: Client;
  readonly #settings: Settings;
  readonly #watch: Watch;
  readonly #prepared: PreparedStatements;
  readonly #pooler: Pooler;
  /** Whether `IntervalStyle` could not be set when the connection was opened. */
  readonly #lacksStyle: boolean;
  readonly #onEnd: (session: Session) => void;
  #running: Running | null = null;
  #usable = true;

  private constructor(
    { client, refused }: Connected,
    settings: Settings,
    watch: Watch,
    pooler: Pooler,
    onEnd: (session: Session) => void,
  ) {
    this.#client = client;
    this.#settings = settings;
    this.#watch = watch;
    this.#pooler = pooler;
    this.#lacksStyle = refused.has('intervalstyle');
    this.#onEnd = onEnd;
    this.#prepared = new PreparedStatements(settings.mostPrepared);
    client.admits = (bytes) => this.#admits(bytes);
    client.on('error', (error) => this.#lose(error));
    client.on('end', () => this.#lose(new Error('The connection was closed.')));
    const connection: EventEmitter = client.connection;
    connection.on('readyForQuery', () => {
      if (this.#running?.error !== undefined) this.#settle(null);
    });
  }

  /** Connects. `onEnd` is called once, when the connection is gone. Rejects with the error of the driver or the server. */
  static async open(
    settings: Settings,
    watch: Watch,
    pooler: Pooler,
    onEnd: (session: Session) => void,
  ): Promise<Session> {
    const session = Session.over(await connect(settings), settings, watch, pooler, onEnd);
    if (!pooler.takeQuestion()) return session;
    try {
      pooler.answered(await session.#isPooled(endOfTransactionLimits(settings.connectMs)));
    } catch (error) {
      // The connection is not in the pool yet, so the pool would not close it.
      pooler.unanswered();
      session.end();
      throw error;
    }
    return session;
  }

  /** A session over a connection that is open. */
  static over(
    connected: Connected,
    settings: Settings,
    watch: Watch,
    pooler: Pooler,
    onEnd: (session: Session) => void,
  ): Session {
    return new Session(connected, settings, watch, pooler, onEnd);
  }

  /** Whether the connection leads to a pooler: the process id of the server then differs from the one in the startup. */
  async #isPooled(limits: Limits): Promise<boolean> {
    const { rows } = await this.execute(processQuery, [], limits);
    return Number(rows[0]![0]) !== (this.#client as unknown as BackendKey).processID;
  }

  get usable(): boolean {
    return this.#usable && this.#running === null && this.#client.getTransactionStatus() === 'I';
  }

  get connected(): boolean {
    return this.#usable;
  }

  /**
   * Runs one statement, after `lead` in the same round trip. Rejects with FozError `timeout` when its limits end it, with `limit-exceeded`
   * when its rows exceed the held bytes, otherwise with the error of the driver or the server. By then the server has finished the
   * statement.
   */
  execute(
    text: string,
    values: readonly (string | null)[],
    limits: Limits,
    lead: string | null = null,
    describes = false,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.#usable) return reject(new Error('The connection was lost.'));
      checkCount(values.length);
      const call = { ...this.#call(text, values), describes };
      const calls = lead === null ? [call] : [this.#call(lead, []), call];
      if (this.#lacksStyle && text.includes('interval'))
        calls.splice(-1, 0, PreparedStatements.unnamed(intervalStyle, []));
      const running: Running = {
        signal: limits.signal,
        deadline: limits.deadline,
        text,
        parsed: call.text !== undefined,
        resolve,
        reject,
        inTransaction: lead !== null || this.#client.getTransactionStatus() !== 'I',
        arriving: new ArrivingRows(
          limits.held,
          () => isStored(running),
          () => this.#refuse(running),
        ),
        cancelled: null,
        isCut: false,
        error: undefined,
        stop: () => this.#cancel(running),
      };
      const message = roundTrip(this.#prepared.takeClosed(), calls);
      this.#running = running;
      this.#watch.add(running);
      const done = (error: unknown, answer: Answer | null) => this.#answered(running, error, answer);
      this.#client.query(new Execution(message, calls.length - 1, done));
    });
  }

  /** Closes the connection, at once when a statement runs. */
  end(): void {
    void this.#client.end();
    setTimeout(() => this.#client.connection.stream.destroy(), graceMs).unref();
  }

  #call(text: string, values: readonly (string | null)[]): ExtendedQuery {
    return this.#pooler.isNoticed || text === processQuery
      ? PreparedStatements.unnamed(text, values)
      : this.#prepared.call(text, values);
  }

  #answered(running: Running, error: unknown, answer: Answer | null): void {
    if (this.#running !== running) return;
    // After an error the server is ready only when it has sent ReadyForQuery.
    if (answer === null) running.error = error;
    if (answer !== null || !this.#usable) this.#settle(answer);
  }

  #settle(answer: Answer | null): void {
    const running = this.#running!;
    this.#watch.remove(running);
    // A cancel request that is still under way must not hit the next statement.
    if (running.cancelled === null) this.#finish(running, answer);
    else void running.cancelled.then(() => this.#finish(running, answer));
  }

  #finish(running: Running, answer: Answer | null): void {
    if (this.#running !== running) return;
    this.#running = null;
    if (answer !== null) {
      const { refusal } = running.arriving;
      if (running.isCut) running.reject(refusal ?? ended(running.signal));
      else if (refusal === null) running.resolve(answer);
      else if (isStored(running)) running.resolve({ ...answer, rows: [], withheld: refusal });
      else running.reject(refusal);
      return;
    }
    if (isUnknownStatement(running.error)) this.#prepared.forgetAll();
    else if (running.parsed || isStale(running.error)) this.#prepared.forget(running.text);
    const { error, cancelled, signal, arriving } = running;
    const stopped = cancelled === null ? null : (arriving.refusal ?? ended(signal));
    if (isServerError(error)) running.reject(stopped ?? error);
    else running.reject(unanswered(stopped ?? toFozError(error)));
  }

  /** Whether a row that begins to arrive is kept. Rows of a cancelled statement are dropped. */
  #admits(bytes: number): boolean {
    const running = this.#running;
    if (running === null) return true;
    const isOver = running.cancelled !== null && !isStored(running);
    if (!isOver && running.arriving.admits(bytes)) return true;
    if (!isStored(running)) this.#drop(running, bytes);
    return false;
  }

  /** Drops a row with so many bytes to come. */
  #drop(running: Running, bytes: number): void {
    running.isCut = true;
    if (bytes > mostDropped) this.#client.connection.stream.destroy();
  }

  /** Cancels a statement whose rows exceed the held bytes. */
  #refuse(running: Running): void {
    this.#watch.remove(running);
    this.#cancel(running);
  }

  #cancel(running: Running): void {
    const key = this.#client as unknown as BackendKey;
    running.cancelled ??= requestCancel(this.#settings.client, key, graceMs);
    const missing = isStored(running) ? 0 : this.#client.dropRow();
    if (missing > 0) this.#drop(running, missing);
    const giveUp = () => {
      if (this.#running === running) this.#client.connection.stream.destroy();
    };
    setTimeout(giveUp, graceMs).unref();
  }

  #lose(error: Error): void {
    const first = this.#usable;
    this.#usable = false;
    if (this.#running !== null) {
      this.#running.error ??= error;
      this.#settle(null);
    }
    if (first) this.#onEnd(this);
  }
}

/** Whether the statement commits by itself: it is a write outside of a transaction. */
function isStored({ inTransaction, text }: Running): boolean {
  return !inTransaction && !isRead(text);
}

function unanswered({ code, message, details, internal, cause }: FozError): FozError {
  return new Unanswered(code, message, { details, internal, cause });
}
