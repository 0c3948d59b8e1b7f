import { createHash } from 'node:crypto';
import { FozError, HeldBytes, never } from '../../../core/index.ts';
import type { RunContext, RunResult, Statement } from '../../../plan/index.ts';
import { type Driver, limitsOf, type Ownership, PollingOwner, Watch } from '../../../sql/index.ts';
import { toFozError } from '../errors.ts';
import { exactLiteral } from '../literal.ts';
import type { Settings } from '../options.ts';
import { resultOf } from '../result.ts';
import { Session } from '../session.ts';
import { fill } from '../template.ts';
import type { OutboxNames } from './names.ts';

/** Milliseconds between two reads of the outbox: the servers cannot notify a reader. */
const pollMs = 50;
/**
 * Seconds after which the server ends the connection of a silent reader, and so releases its lock: its process stands still, or its machine
 * is gone.
 */
const silenceSeconds = 4;
/** Milliseconds between two statements of a reader that has nothing to read, or waits until what it has read is kept. */
const aliveMs = 1_000;

/**
 * The connection of the reader of an outbox. It holds the right to read (GET_LOCK), and all statements of the reader run on it, so a
 * reader that has lost the lock can do nothing more.
 */
export class OutboxReader implements Pick<Driver, 'run'> {
  readonly #settings: Settings;
  readonly #lock: string;
  #session: Session | null = null;
  /** A session runs one statement at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(settings: Settings, { changes }: OutboxNames) {
    this.#settings = settings;
    // The name of a lock has up to 64 characters.
    this.#lock = `foz_outbox ${createHash('sha256').update(changes).digest('hex').slice(0, 40)}`;
  }

  /** Takes the lock. Rejects with FozError `conflict` when another reader holds it. */
  async own(): Promise<Ownership> {
    const session = await Session.open(this.#settings, new Watch(), () => {}).catch((error: unknown) => {
      throw toFozError(error, 'connect');
    });
    this.#session = session;
    try {
      // Rows that are not committed must not be seen, whatever the server's default is.
      await this.#ask('set session transaction isolation level repeatable read');
      await this.#ask(`set session autocommit = 1, wait_timeout = ${silenceSeconds}`);
      const [[taken] = []] = await this.#ask(`select get_lock('${this.#lock}', 0)`);
      if (String(taken) !== '1')
        throw new FozError('conflict', 'Another process reads the outbox of the database.');
      const alive = setInterval(() => void this.#ask('do 0').catch(() => {}), aliveMs).unref();
      return new PollingOwner(pollMs, () => {
        clearInterval(alive);
        return this.#release(session);
      });
    } catch (error) {
      session.end();
      throw error;
    }
  }

  run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const done = this.#last.then(() => this.#run(statement, values, context));
    this.#last = done.catch(() => {});
    return done;
  }

  async #run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const session = this.#session!;
    // LIMIT takes no number within quotes.
    const spelled = values.map((value) => (/^\d+$/.test(String(value)) ? exactLiteral(value) : value));
    try {
      const answer = await session.execute(fill(statement, spelled), limitsOf(context));
      return resultOf(statement, answer, session.server);
    } catch (error) {
      throw toFozError(error, 'run');
    }
  }

  async #ask(text: string): Promise<RunResult['rows']> {
    const context = { signal: never, timeoutMs: null, held: new HeldBytes(null) };
    return (await this.run({ text, slots: [] }, [], context)).rows;
  }

  async #release(session: Session): Promise<void> {
    await this.#ask(`select release_lock('${this.#lock}')`).catch(() => {});
    session.end();
  }
}
