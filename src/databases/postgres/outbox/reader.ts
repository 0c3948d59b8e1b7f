import { setTimeout as sleep } from 'node:timers/promises';
import { type EndSignal, FozError, HeldBytes, never, Wakeup } from '../../../core/index.ts';
import type { RunContext, RunResult, Statement } from '../../../plan/index.ts';
import { type Driver, isRead, limitsOf, type Ownership, Watch } from '../../../sql/index.ts';
import { connect } from '../connect.ts';
import { toFozError } from '../errors.ts';
import type { Settings } from '../options.ts';
import { Pooler } from '../pooler.ts';
import { Session } from '../session.ts';
import { channel } from './statements.ts';

/** The advisory lock that the reader of the outbox of a database holds. */
const lock = '7380399430221231';
/** Milliseconds after which the outbox is read even without a notification: one may be lost with its connection. */
const pollMs = 1_000;
/** The same where triggers send no notifications. */
const unnotifiedMs = 50;
/** Milliseconds without a statement after which the process of a reader counts as standing still. */
const silentMs = 4_000;
/** Milliseconds between two statements of a reader that has nothing to read, or waits for the pool, or until what it has read is kept. */
const aliveMs = 1_000;
/** The longest wait until the server has ended a connection, in milliseconds. */
const endMs = 1_000;

/**
 * The reader of an outbox. It holds an advisory lock on a connection of its own, which also listens for notifications of new changes. The
 * lock ends with the connection, so a process that has crashed does not keep it.
 *
 * All writes run on this connection, so a reader that has lost the lock writes nothing more. Reads run in the pool, since a read whose rows are
 * refused may cost its connection. Their rows count only if the lock is still held after them.
 */
export class OutboxReader implements Pick<Driver, 'run'> {
  readonly #settings: Settings;
  readonly #pool: Pick<Driver, 'run'>;
  #session: Session | null = null;
  /** A session runs one statement at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** `settings`: of the server itself, past a pooler. */
  constructor(settings: Settings, pool: Pick<Driver, 'run'>) {
    this.#settings = settings;
    this.#pool = pool;
  }

  /** Takes the lock. Rejects with FozError `conflict` when another reader holds it. */
  async own(): Promise<Ownership> {
    const notices = new Notices();
    const session = await this.#connect(notices);
    this.#session = session;
    try {
      const [[taken, prepared] = []] = await this.#ask(
        `select pg_try_advisory_lock(${lock})::text, current_setting('max_prepared_transactions')`,
      );
      if (taken !== 'true' && !(await this.#takeFromSilent()))
        throw new FozError('conflict', 'Another process reads the outbox of the database.');
      await this.#ask(`listen ${channel}`);
      const alive = setInterval(() => void this.#ask('select 1').catch(() => {}), aliveMs).unref();
      void notices.ended.then(() => clearInterval(alive));
      return {
        wait: (signal) => notices.wait(signal, prepared === '0' ? pollMs : unnotifiedMs),
        release: async () => {
          clearInterval(alive);
          // A statement that runs would keep the connection, and so the lock, until its end.
          await this.#last;
          session.end();
          await notices.ended;
        },
      };
    } catch (error) {
      session.end();
      throw error;
    }
  }

  /**
   * Takes the lock from a reader whose process stands still: a running one sends a statement at least once a second. The server ends the
   * connection of the former reader, so that this one deletes nothing when its process goes on.
   */
  async #takeFromSilent(): Promise<boolean> {
    const [[ended] = []] = await this.#ask(
      `select pg_terminate_backend(l.pid)::text from pg_locks l join pg_stat_activity a using (pid)
       where l.locktype = 'advisory' and l.granted and l.objsubid = 1
         and l.database = (select oid from pg_database where datname = current_database())
         and l.classid = (${lock}::int8 >> 32)::oid and l.objid = (${lock}::int8 & 4294967295)::oid
         and a.state = 'idle' and a.state_change < clock_timestamp() - ${silentMs} * interval '1 millisecond'`,
      // Not every user may end the connections of another one.
    ).catch(() => []);
    if (ended !== 'true') return false;
    for (const start = performance.now(); performance.now() - start < endMs; await sleep(20)) {
      const [[taken] = []] = await this.#ask(`select pg_try_advisory_lock(${lock})::text`);
      if (taken === 'true') return true;
    }
    return false;
  }

  async run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    if (!isRead(statement.text)) return this.#write(statement.text, values, context);
    const result = await this.#pool.run(statement, values, context);
    await this.#ask('select 1');
    return result;
  }

  #write(text: string, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const send = () => this.#session!.execute(text, values as readonly (string | null)[], limitsOf(context));
    const done = this.#last.then(send).catch((error: unknown) => {
      throw toFozError(error);
    });
    this.#last = done.catch(() => {});
    return done;
  }

  async #ask(text: string): Promise<RunResult['rows']> {
    const context = { signal: never, timeoutMs: null, held: new HeldBytes(null) };
    return (await this.#write(text, [], context)).rows;
  }

  async #connect(notices: Notices): Promise<Session> {
    try {
      const connected = await connect(this.#settings);
      const { client, refused } = connected;
      client.on('notification', () => notices.notify());
      client.on('error', (error: unknown) => notices.lose(error));
      const session = Session.over(connected, this.#settings, new Watch(), new Pooler(false, () => {}), () =>
        notices.lose(new Error('Connection terminated unexpectedly')),
      );
      if (refused.size === 0) return session;
      session.end();
    } catch (error) {
      throw toFozError(error);
    }
    throw new FozError(
      'unavailable',
      'The connection pooler before the server shares connections, so that none can own the outbox: name the address of the server itself as "changes.url".',
    );
  }
}

/** The notifications of new changes, and the loss of the connection that gets them. */
class Notices {
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
  #isNotified = false;
  #lost: FozError | null = null;
  #end!: () => void;
  readonly #notice = new Wakeup();

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Resolves after a notification, or after `milliseconds`. Rejects with FozError when the connection is lost. */
  async wait(signal: EndSignal, milliseconds: number): Promise<void> {
    if (this.#lost === null && !this.#isNotified) await this.#notice.wait(signal, milliseconds);
    this.#isNotified = false;
    if (this.#lost !== null) throw this.#lost;
  }

  notify(): void {
    this.#isNotified = true;
    this.#notice.wake();
  }

  lose(error: unknown): void {
    this.#lost ??= toFozError(error);
    this.#end();
    this.#notice.wake();
  }
}
