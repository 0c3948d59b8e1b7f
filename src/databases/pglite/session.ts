import type { PGlite, PGliteOptions } from '@electric-sql/pglite';
import { type FozError, HeldBytes } from '../../core/index.ts';
import { ended, isRead, type Limits, type Pooled } from '../../sql/index.ts';
import {
  type Answer,
  checkCount,
  Inbound,
  isStale,
  isUnknownStatement,
  PreparedStatements,
  roundTrip,
} from '../postgres/index.ts';
import { type EmbeddedAnswer, readAnswer } from './answer.ts';
import { openDatabase } from './open.ts';
import { OpenFolder } from './open-folder.ts';

const settings = `set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'iso_8601'; set extra_float_digits = 1;
set standard_conforming_strings = on; set jit = off; set application_name = 'foz'`;

/** The single connection of an embedded PostgreSQL. */
export class EmbeddedSession implements Pooled {
  idleSince = 0;
  readonly #database: PGlite;
  readonly #onEnd: (session: EmbeddedSession) => void;
  readonly #prepared = new PreparedStatements(500);
  /** `null`: the database is in memory. */
  readonly #folder: OpenFolder | null;
  #ended = false;

  private constructor(
    database: PGlite,
    folder: string | undefined,
    onEnd: (session: EmbeddedSession) => void,
  ) {
    this.#database = database;
    this.#folder = folder === undefined ? null : new OpenFolder(folder);
    this.#onEnd = onEnd;
  }

  /** Opens the database. `onEnd` is called once, when it is closed. Rejects with the error of PGlite. */
  static async open(
    options: PGliteOptions,
    setUp: (execute: (script: string) => Promise<void>) => Promise<void>,
    onEnd: (session: EmbeddedSession) => void,
  ): Promise<EmbeddedSession> {
    const database = await openDatabase(options);
    try {
      await setUp(async (script) => {
        await database.exec(script);
      });
      await database.exec(settings);
    } catch (error) {
      await database.close().catch(() => {});
      throw error;
    }
    return new EmbeddedSession(database, options.dataDir, onEnd);
  }

  get usable(): boolean {
    return this.connected;
  }

  get connected(): boolean {
    return !this.#ended && !this.#database.closed;
  }

  /**
   * Runs one statement, after `lead`. It blocks the calling thread to its end, so limits are checked before and after it. A read, or a
   * statement within a transaction, that took too long is rejected with FozError `timeout`. A write outside of a transaction is stored by
   * then, and answered. The same holds for `limit-exceeded` when the rows exceed the held bytes. Otherwise rejects with the server's error.
   */
  async execute(
    text: string,
    values: readonly (string | null)[],
    limits: Limits,
    lead: string | null = null,
    describes = false,
  ): Promise<Answer> {
    checkCount(values.length);
    this.#folder?.check();
    const call = { ...this.#prepared.call(text, values), describes };
    const calls = lead === null ? [call] : [this.#prepared.call(lead, []), call];
    const message = roundTrip(this.#prepared.takeClosed(), calls);
    const held = limits.held ?? new HeldBytes(null);
    let answer: EmbeddedAnswer;
    let refusal: FozError | null;
    try {
      const received = await this.#receive(message, held);
      refusal = received.refusal;
      answer = readAnswer(received.bytes);
    } catch (error) {
      if (isUnknownStatement(error)) this.#prepared.forgetAll();
      // PGlite reports no error for a statement that exhausts its stack. It then misses that statement later in the same round trip.
      if (isUnknownStatement(error) && call.text !== undefined)
        throw Object.assign(new Error('The statement is nested too deeply.'), {
          code: '54001',
          cause: error,
        });
      else if (call.text !== undefined || isStale(error)) this.#prepared.forget(text);
      throw error;
    }
    const late = limits.signal.aborted || performance.now() > limits.deadline;
    if (late && (answer.inTransaction || answer.tag.startsWith('SELECT'))) throw ended(limits.signal);
    if (refusal === null) return answer;
    if (answer.inTransaction || isRead(text)) throw refusal;
    return { ...answer, rows: [], withheld: refusal };
  }

  /** Sends a message and collects the response. The first row over the limit and all rows after it are dropped as they arrive. */
  async #receive(
    message: Uint8Array,
    held: HeldBytes,
  ): Promise<{ readonly bytes: Buffer; readonly refusal: FozError | null }> {
    const parts: Buffer[] = [];
    let refusal: FozError | null = null;
    let broken: unknown = null;
    const admits = (bytes: number) => {
      refusal ??= held.take(bytes);
      return refusal === null;
    };
    const inbound = new Inbound({ admits, pass: (bytes) => void parts.push(bytes) });
    // PGlite calls this from within its WebAssembly: an exception must not pass through the database.
    const onRawData = (data: Uint8Array) => {
      try {
        if (broken === null) inbound.receive(Buffer.from(data));
      } catch (error) {
        broken = error;
      }
    };
    await this.#database.execProtocolRawStream(message, { onRawData });
    if (broken !== null) throw broken;
    return { bytes: parts.length === 1 ? parts[0]! : Buffer.concat(parts), refusal };
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    // Closing writes to the folder, where another database may be by now.
    const mayClose = !this.#database.closed && this.#folder?.isLost !== true;
    const closed = mayClose ? this.#database.close() : Promise.resolve();
    // The database counts as closed even when closing failed.
    this.#folder?.close();
    void closed.catch(() => {}).then(() => this.#onEnd(this));
  }
}
