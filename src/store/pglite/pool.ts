import { join } from 'node:path';
import { FozError } from '../../core/index.ts';
import { SameFile } from '../../sql/index.ts';
import { lockStore } from './lock.ts';
import { DatabaseThread } from './thread.ts';

type Callback = (error: unknown, response?: Response) => void;

/** The part of a `pg` result that knex reads. */
interface Response {
  readonly command: string;
  readonly rowCount: number;
  readonly rows: Record<string, unknown>[];
}

/** The one connection to an embedded store, with the interface of `pg`. */
export interface EmbeddedConnection {
  query(
    config: string | { readonly text: string; readonly values?: readonly unknown[] },
    done: Callback,
  ): void;
  release(): void;
}

/**
 * An embedded store with the interface of a `pg` pool, for knex. It has one connection, which one borrower at a time
 * may use.
 */
export class EmbeddedPool {
  readonly #folder: string;
  readonly #waitMs: number;
  readonly #queue: (() => void)[] = [];
  #lent = false;
  #opening: Promise<DatabaseThread> | null = null;
  #unlock: (() => void) | null = null;
  /** A file that PostgreSQL keeps as long as the database exists; `null`: the database was not opened yet. */
  #control: SameFile | null = null;
  #ended = false;

  constructor(folder: string, waitMs = 30_000) {
    this.#folder = folder;
    this.#waitMs = waitMs;
  }

  get totalCount(): number {
    return this.#opening === null ? 0 : 1;
  }
  get idleCount(): number {
    return this.#opening === null || this.#lent ? 0 : 1;
  }
  get waitingCount(): number {
    return this.#queue.length;
  }

  /**
   * Opens the database at the first call. Rejects with FozError `unavailable`, also when the connection does not
   * become free in time.
   */
  async connect(): Promise<EmbeddedConnection> {
    await this.#turn();
    try {
      const thread = await this.#thread();
      let released = false;
      return {
        query: (config, done) => {
          const { text, values = [] } = typeof config === 'string' ? { text: config } : config;
          thread.run(text, values).then(
            ({ rows, affected }) =>
              done(null, { command: commandOf(text), rowCount: affected || rows.length, rows }),
            (error) => done(this.lost() ?? error),
          );
        },
        release: () => {
          if (!released) this.#next();
          released = true;
        },
      };
    } catch (error) {
      this.#next();
      throw error;
    }
  }

  /**
   * FozError `unavailable` when the folder was removed or replaced since it was opened. Nothing is written then: it would be lost with this
   * process, or damage the database that is there now. A folder that is moved back is used again.
   */
  lost(): FozError | null {
    const found = this.#control?.look() ?? 'same';
    if (found === 'same') return null;
    const message =
      found === 'missing'
        ? `The store in ${this.#folder} was removed while Foz runs: move the folder back, or restart Foz. It then starts with an empty store, without the keys, settings and audit records of this one.`
        : `The store in ${this.#folder} was replaced while Foz runs: restart Foz, which then opens the one that is there now.`;
    return new FozError('unavailable', message);
  }

  /** Closes the database once the connection is returned. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#opening !== null) {
      await this.#turn();
      const thread = await this.#opening.catch(() => null);
      await (this.lost() === null ? thread?.close() : thread?.abandon());
    }
    this.#control?.close();
    this.#unlock?.();
    this.#unlock = null;
  }

  async #thread(): Promise<DatabaseThread> {
    if (this.#ended) throw new FozError('unavailable', 'The store is closed.');
    const lost = this.lost();
    if (lost !== null) throw lost;
    const known = await this.#opening?.catch(() => null);
    if (known?.usable) return known;
    this.#unlock ??= await lockStore(this.#folder);
    this.#opening = DatabaseThread.open(this.#folder);
    try {
      const thread = await this.#opening;
      this.#control ??= new SameFile(join(this.#folder, 'global/pg_control'));
      return thread;
    } catch (error) {
      this.#opening = null;
      this.#unlock();
      this.#unlock = null;
      throw error;
    }
  }

  #turn(): Promise<void> {
    if (!this.#lent) {
      this.#lent = true;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const take = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#queue.splice(this.#queue.indexOf(take), 1);
        reject(new FozError('unavailable', `The store was busy for ${this.#waitMs / 1000} s.`));
      }, this.#waitMs);
      this.#queue.push(take);
    });
  }

  #next(): void {
    const take = this.#queue.shift();
    if (take === undefined) this.#lent = false;
    else take();
  }
}

function commandOf(text: string): string {
  const word = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? '';
  return word === 'WITH' ? 'SELECT' : word;
}
