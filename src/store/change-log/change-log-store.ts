import { FozError } from '../../core/index.ts';
import type { StoreSession } from '../session.ts';
import type { Store } from '../store.ts';
import {
  appendSegments,
  cutLog,
  type LogBounds,
  numberBefore,
  type Run,
  readLog,
  readSegments,
  type StoredLog,
  type StoredSegment,
  type StoredTable,
  storeTables,
  trimLog,
} from './statements.ts';

/** The first part of the advisory locks by which one process leads a source. */
const lockClass = 0x466f7a03;

/** The right to write the log of a source. It ends with the connection that holds it, over which everything is written. */
export interface LogLead {
  /** Resolves when the right is lost. */
  readonly ended: Promise<void>;
  read(): Promise<StoredLog | null>;
  /** Begins the log anew at a position. Resolves with the number of the last segment. */
  cut(log: Pick<StoredLog, 'identity' | 'method' | 'position'>, keepSeconds: number): Promise<number>;
  /** Resolves with false where somebody else has written. */
  append(expected: number, position: string, segments: readonly StoredSegment[]): Promise<boolean>;
  want(tables: readonly StoredTable[]): Promise<void>;
  trim(bounds: LogBounds): Promise<void>;
  release(): Promise<void>;
}

/** The logs of row changes in the store. All methods reject with FozError. */
export class ChangeLogStore {
  readonly #store: Store;
  /** The sources that this process leads, or is about to lead, each with an identity of its attempt. */
  readonly #led = new Map<string, object>();
  #session: Promise<StoreSession> | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Takes the right to write the log of a source; `null`: it is taken. */
  async lead(source: string): Promise<LogLead | null> {
    if (this.#led.has(source)) return null;
    const attempt = {};
    this.#led.set(source, attempt);
    const over = () => {
      if (this.#led.get(source) === attempt) this.#led.delete(source);
    };
    try {
      const session = await this.#open();
      if (await this.#lock(session, source)) return this.#leadOf(session, source, over);
    } catch (error) {
      over();
      throw error;
    }
    over();
    return null;
  }

  read(source: string): Promise<StoredLog | null> {
    return this.#read((run) => readLog(run, source));
  }

  /** The segments behind a number, in order: some of them, where there are many. */
  segments(source: string, after: number): Promise<readonly StoredSegment[]> {
    return this.#read((run) => readSegments(run, source, after));
  }

  /** The number of the last segment whose changes are all before a position; `null`: there are no segments. */
  numberBefore(source: string, position: string): Promise<number | null> {
    return this.#read((run) => numberBefore(run, source, position));
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => null);
    this.#session = null;
    await session?.close();
  }

  /** An embedded store belongs to one process, so nothing is locked there. */
  async #lock(session: StoreSession, source: string): Promise<boolean> {
    if (this.#store.kind === 'pglite') return true;
    if (!session.isOwn)
      throw new FozError(
        'not-supported',
        `Changes of rows cannot be kept behind a connection pooler in transaction mode: let the URL of the store ${this.#store.place} lead to PostgreSQL itself.`,
      );
    const [row] = await session.run('select pg_try_advisory_lock(?, hashtext(?)) as locked', [
      lockClass,
      source,
    ]);
    return row?.locked === true;
  }

  #leadOf(session: StoreSession, source: string, over: () => void): LogLead {
    const { run, ended } = session;
    void ended.then(over);
    return {
      ended,
      read: () => readLog(run, source),
      cut: (log, keepSeconds) => cutLog(run, source, log, keepSeconds),
      append: (expected, position, segments) => appendSegments(run, source, expected, position, segments),
      want: (tables) => storeTables(run, source, tables),
      trim: (bounds) => trimLog(run, source, bounds),
      release: async () => {
        if (this.#store.kind === 'postgres')
          await run('select pg_advisory_unlock(?, hashtext(?))', [lockClass, source]).catch(() => {});
        over();
      },
    };
  }

  #open(): Promise<StoreSession> {
    this.#session ??= this.#store.session().then(
      (session) => {
        void session.ended.then(() => {
          this.#session = null;
        });
        return session;
      },
      (error: unknown) => {
        this.#session = null;
        throw error;
      },
    );
    return this.#session;
  }

  #read<T>(body: (run: Run) => Promise<T>): Promise<T> {
    return this.#store.read((db) => body(async (text, values) => (await db.raw(text, values as never)).rows));
  }
}
