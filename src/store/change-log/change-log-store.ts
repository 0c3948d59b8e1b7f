import { FozError } from '../../core/index.ts';
import { storeError } from '../errors.ts';
import type { RunStatement } from '../run-statement.ts';
import type { StoreSession } from '../session.ts';
import type { Store } from '../store.ts';
import { endSilentLeader } from './silent-leader.ts';
import {
  appendSegments,
  cutLog,
  type LogBounds,
  logChannel,
  numberBefore,
  readLog,
  readSegments,
  removeUnused,
  type StoredLog,
  type StoredSegment,
  type StoredTable,
  storeTables,
  trimLog,
} from './statements.ts';
import {
  areSeen,
  type OthersWatch,
  othersWatches,
  removeWatches,
  seeWatches,
  storeWatches,
  unseeWatches,
  type WatchedTable,
} from './watches.ts';

/** The first part of the advisory locks by which one process has the right to write the log of a source. */
const lockClass = 0x466f7a03;
/** Milliseconds between two statements by which a process with a lead shows the server that it is running. */
const signOfLifeMs = 1_000;

/** The right to write the log of a source. It ends with the connection that holds the lock; the log is written over this connection. */
export interface LogLead {
  /** Resolves when the right is lost. */
  readonly ended: Promise<void>;
  read(): Promise<StoredLog | null>;
  /** Begins the log anew at a position. Resolves with the number of the last segment. */
  cut(log: Pick<StoredLog, 'identity' | 'method' | 'position'>, keepSeconds: number): Promise<number>;
  /** Appends segments. Resolves with false where another process has written the log since. */
  append(expected: number, position: string, segments: readonly StoredSegment[]): Promise<boolean>;
  want(tables: readonly StoredTable[]): Promise<void>;
  /** The watches of other processes. */
  watches(): Promise<readonly OthersWatch[]>;
  /** Confirms to other processes that the changes of these tables are logged from now on. */
  see(watches: readonly OthersWatch[]): Promise<void>;
  trim(bounds: LogBounds): Promise<void>;
  release(): Promise<void>;
}

/** The logs of row changes in the store. All methods reject with FozError. */
export class ChangeLogStore {
  readonly #store: Store;
  /** The sources that this process has the lead of, or is about to take it. The object distinguishes its attempts. */
  readonly #led = new Map<string, object>();
  readonly #listeners = new Set<{ readonly source: string; readonly listener: () => void }>();
  #session: Promise<StoreSession> | null = null;
  #signsOfLife: NodeJS.Timeout | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Takes the lead of a source: the right to write its log; `null`: another process has it. */
  async lead(source: string): Promise<LogLead | null> {
    if (this.#led.has(source)) return null;
    const attempt = {};
    this.#led.set(source, attempt);
    const over = () => {
      if (this.#led.get(source) === attempt) this.#led.delete(source);
    };
    try {
      const session = await this.#open();
      if ((await this.#lock(session, source)) || (await this.#depose(session, source))) {
        this.#signsOfLife ??= setInterval(() => void this.#showLife(), signOfLifeMs).unref();
        const lead = this.#leadOf(session, source, over);
        await unseeWatches(session.run, source).catch(async (error: unknown) => {
          await lead.release();
          throw error;
        });
        return lead;
      }
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

  /** The segments after a number, in order, at most four (`mostSegments`). */
  segments(source: string, after: number): Promise<readonly StoredSegment[]> {
    return this.#read((run) => readSegments(run, source, after));
  }

  /** The number of the last segment whose changes are all before a position, else the number before the first segment; `null`: there are no segments. */
  numberBefore(source: string, position: string): Promise<number | null> {
    return this.#read((run) => numberBefore(run, source, position));
  }

  /**
   * Stores what this process watches in a source, for the process that reads it. It has to be renewed. Resolves with whether watches of this
   * process were valid until now.
   */
  watch(source: string, process: string, tables: readonly WatchedTable[]): Promise<boolean> {
    return this.#read((run) => storeWatches(run, source, process, tables));
  }

  /** Removes the watches of this process in a source. */
  unwatch(source: string, process: string): Promise<void> {
    return this.#read((run) => removeWatches(run, source, process));
  }

  /** Whether the reading process has confirmed all watches of this process. */
  areSeen(source: string, process: string): Promise<boolean> {
    return this.#read((run) => areSeen(run, source, process));
  }

  /**
   * Removes the changes of sources whose log no process has written for as long as they are kept. `attached`: sources whose state stays
   * nevertheless, so that they are read on at their position.
   */
  removeUnused(attached: readonly string[]): Promise<void> {
    return this.#read((run) => removeUnused(run, attached));
  }

  /** Calls the listener when something may have changed in the log or the watches of a source. Returns a function that ends this. */
  listen(source: string, listener: () => void): () => void {
    const entry = { source, listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  async close(): Promise<void> {
    clearInterval(this.#signsOfLife ?? undefined);
    const session = await this.#session?.catch(() => null);
    this.#session = null;
    await session?.close();
  }

  /**
   * Takes the advisory lock by which one process writes the log of a source; false: another one holds it. An embedded store belongs to
   * a single process, so it takes no lock.
   */
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

  /**
   * Takes the lock from a process that stands still: its connection has sent nothing for some seconds. The server ends this connection, so
   * the process cannot write the log when it goes on.
   */
  async #depose(session: StoreSession, source: string): Promise<boolean> {
    if (this.#store.kind === 'pglite' || !(await endSilentLeader(session.run, lockClass, source)))
      return false;
    return this.#lock(session, source);
  }

  async #showLife(): Promise<void> {
    if (this.#led.size === 0) return;
    const session = await this.#session?.catch(() => null);
    await session?.run('select 1', []).catch(() => {});
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
      watches: () => othersWatches(run, source),
      see: (watches) => seeWatches(run, source, watches),
      trim: (bounds) => trimLog(run, source, bounds),
      release: async () => {
        if (this.#store.kind === 'postgres')
          await run(`select pg_advisory_unlock(?, hashtext(?)), pg_notify('${logChannel}', ?)`, [
            lockClass,
            source,
            source,
          ]).catch(() => {});
        over();
      },
    };
  }

  /** The session of the store that holds the locks. Where it cannot be opened, the next call tries again. */
  #open(): Promise<StoreSession> {
    if (this.#session !== null) return this.#session;
    const session = this.#openSession();
    this.#session = session;
    const forget = () => {
      if (this.#session === session) this.#session = null;
    };
    void session.then(({ ended }) => ended).then(forget, forget);
    return session;
  }

  async #openSession(): Promise<StoreSession> {
    const session = await this.#store.session();
    try {
      await session.listen(logChannel, (payload) => {
        for (const { source, listener } of this.#listeners) if (source === payload) listener();
      });
    } catch (error) {
      void session.close();
      throw storeError(error, this.#store.place);
    }
    return session;
  }

  #read<T>(body: (run: RunStatement) => Promise<T>): Promise<T> {
    return this.#store.read((db) => body(async (text, values) => (await db.raw(text, values as never)).rows));
  }
}
