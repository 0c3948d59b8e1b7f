import { types } from 'node:util';
import type { Knex } from 'knex';
import { FozError } from '../core/index.ts';
import type { Actor } from './actor.ts';
import type { StoreConnection } from './connect.ts';
import { storeError } from './errors.ts';
import { type MigrationStatus, migrate, migrationStatus } from './migrate.ts';
import { type Migration, migrations } from './migrations/index.ts';
import { checkUrl, storePlaceOf } from './place.ts';
import { readMetadata, type StoredMetadata, writeMetadata } from './repositories/metadata.ts';
import type { RunStatement } from './run-statement.ts';
import { openSession, type StoreSession } from './session.ts';
import { type ChangeListener, ChangeWatch } from './watch.ts';

/** The destination of warnings, for example a pino logger. */
export interface StoreLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface StoreOptions {
  /** The URL of a PostgreSQL database. Absent: an embedded store in `folder`. */
  readonly url?: string;
  /** The state folder, usually `.foz`. */
  readonly folder: string;
  /** Milliseconds between polls for changes of other processes; default: 1,000. */
  readonly pollMs?: number;
  /** Versions of the metadata that are kept; default: 200. */
  readonly keepVersions?: number;
  readonly log?: StoreLog;
  /** The migrations; default: those of this program. */
  readonly migrations?: readonly Migration[];
  /** Whether opening the store applies migrations; default: true. */
  readonly migrate?: boolean;
}

/** Milliseconds between two looks whether the folder of an embedded store is still there. */
const lossCheckMs = 1_000;

/**
 * Foz's own store. It is opened on first use or by `open`, and each use retries a store that is down. All methods
 * reject with FozError: `unavailable` when the store does not answer, `not-supported` when a newer version of Foz
 * created it.
 */
export class Store {
  readonly kind: 'pglite' | 'postgres';
  /** Identifies the store in messages, without user and password. */
  readonly place: string;
  readonly #options: StoreOptions;
  #connection: Promise<StoreConnection> | null = null;
  readonly #watch: ChangeWatch;
  #opened: Promise<readonly string[]> | null = null;
  #hasOpened = false;
  #connected: StoreConnection | null = null;
  readonly #lossTimer: NodeJS.Timeout | null;
  #wasLost = false;
  #closed: Promise<void> | null = null;

  constructor(options: StoreOptions) {
    this.kind = options.url === undefined ? 'pglite' : 'postgres';
    this.place = storePlaceOf(options.url, options.folder);
    this.#options = options;
    if (options.url !== undefined) checkUrl(options.url);
    this.#lossTimer = options.url === undefined ? setInterval(() => this.lost, lossCheckMs).unref() : null;
    this.#watch = new ChangeWatch({
      db: async () => {
        await this.open();
        return this.#db();
      },
      listen: options.url === undefined ? null : async () => (await this.#connect()).listener!(),
      pollMs: options.pollMs ?? 1_000,
      warn: (message, error) => {
        // While the store has not opened, whoever opens it reports why.
        if (this.#closed === null && this.#hasOpened)
          options.log?.warn({ store: this.place, reason: reasonOf(error) }, message);
      },
    });
  }

  /** Whether the store was opened once. It may be down by now. */
  get hasOpened(): boolean {
    return this.#hasOpened;
  }

  /**
   * Why an embedded store that was opened is lost: its folder was removed or replaced. `null`: it is there. Looks at the folder, which takes
   * some microseconds. The log gets each loss and each return.
   */
  get lost(): string | null {
    const reason = this.#connected?.lost()?.message ?? null;
    if ((reason !== null) !== this.#wasLost && this.#closed === null) this.#logLoss(reason);
    this.#wasLost = reason !== null;
    return reason;
  }

  /** The last answer to `lost`, at most a second old, for the hot path. */
  get wasLost(): boolean {
    return this.#wasLost;
  }

  #logLoss(reason: string | null): void {
    const fields = { store: this.place };
    if (reason === null) this.#options.log?.warn(fields, 'The store is there again.');
    else this.#options.log?.error(fields, `${reason} Until then nothing is written to it.`);
  }

  /** Connects and applies migrations, once. Resolves with the names of the migrations applied. */
  open(): Promise<readonly string[]> {
    if (this.#closed !== null) return Promise.reject(new FozError('unavailable', 'The store is closed.'));
    this.#opened ??= this.#open().then(
      (applied) => {
        this.#hasOpened = true;
        return applied;
      },
      (error: unknown) => {
        this.#opened = null;
        throw storeError(error, this.place);
      },
    );
    return this.#opened;
  }

  /** Reads. Errors of `body` become FozErrors. */
  async read<T>(body: (db: Knex) => Promise<T>): Promise<T> {
    await this.open();
    return this.#withFozErrors(async () => body(await this.#db()));
  }

  /** Writes in one transaction, all or nothing. Listeners get the changes that `body` publishes after the commit. */
  async write<T>(body: (transaction: Knex.Transaction) => Promise<T>): Promise<T> {
    await this.open();
    const result = await this.#withFozErrors(async () => (await this.#db()).transaction(body));
    void this.#watch.poll().catch(() => {});
    return result;
  }

  /**
   * Runs statements in one transaction, all or nothing. For data that is written often and is not cached by other processes: no listener is
   * called.
   */
  async transact<T>(body: (run: RunStatement) => Promise<T>): Promise<T> {
    await this.open();
    return this.#withFozErrors(async () =>
      (await this.#db()).transaction(async (transaction) => {
        // Otherwise a process that stands still within a transaction would keep its locks until it goes on.
        if (this.kind === 'postgres')
          await transaction.raw(`set local idle_in_transaction_session_timeout = '6s'`);
        return body(async (text, values) => (await transaction.raw(text, values as never)).rows);
      }),
    );
  }

  /** Runs one statement, which is a transaction of its own. */
  readonly run: RunStatement = async (text, values) => {
    await this.open();
    return this.#withFozErrors(async () => (await (await this.#db()).raw(text, values as never)).rows);
  };

  /** Opens a connection of its own, for locks that end with it. */
  async session(): Promise<StoreSession> {
    await this.open();
    const session = await this.#withFozErrors(async () => openSession(await this.#connect()));
    return { ...session, run: (text, values) => this.#withFozErrors(() => session.run(text, values)) };
  }

  /** Resolves when the listeners of this process have got all committed changes, or the store is down. */
  settled(): Promise<void> {
    return this.#watch.poll().catch(() => {});
  }

  readMetadata(): Promise<StoredMetadata> {
    return this.read(readMetadata);
  }

  /**
   * Returns the new version. Rejects with FozError `conflict`, naming both versions, if there is a newer one than
   * `expected`. `also` runs within the same transaction.
   */
  writeMetadata(
    expected: number,
    metadata: unknown,
    actor: Actor,
    comment?: string,
    also?: (transaction: Knex, version: number) => Promise<void>,
  ): Promise<number> {
    const keep = this.#options.keepVersions ?? 200;
    return this.write(async (transaction) => {
      const version = await writeMetadata(transaction, { expected, metadata, actor, comment, keep });
      await also?.(transaction, version);
      return version;
    });
  }

  /**
   * Calls the listener for changes by any process that shares the store, including this one. `started` resolves when
   * no change can be missed any more. It also resolves when the store is down; then the listener is called with
   * `null` later.
   */
  onChange(listener: ChangeListener): { readonly started: Promise<void>; readonly stop: () => void } {
    return this.#watch.add(listener);
  }

  /** The status of the migrations, without applying any. */
  status(): Promise<MigrationStatus> {
    if (this.#closed !== null) return Promise.reject(new FozError('unavailable', 'The store is closed.'));
    return this.#withFozErrors(async () => migrationStatus(await this.#db(), this.#steps));
  }

  /** Waits for running statements of an embedded store, then closes it. */
  close(): Promise<void> {
    clearInterval(this.#lossTimer ?? undefined);
    this.#closed ??= (async () => {
      await this.#opened?.catch(() => {});
      await this.#watch.close();
      await (await this.#connection)?.close();
    })();
    return this.#closed;
  }

  get #steps(): readonly Migration[] {
    return this.#options.migrations ?? migrations;
  }

  /** knex is imported here because loading it takes long, and the server should start without waiting for it. */
  #connect(): Promise<StoreConnection> {
    this.#connection ??= import('./connect.ts').then(({ connectStore }) => {
      this.#connected = connectStore(this.#options.url, this.#options.folder);
      return this.#connected;
    });
    return this.#connection;
  }

  async #db(): Promise<Knex> {
    return (await this.#connect()).db;
  }

  async #open(): Promise<readonly string[]> {
    const db = await this.#db();
    if (this.#options.migrate !== false) return migrate(db, this.place, this.#steps);
    const { pending } = await migrationStatus(db, this.#steps);
    if (pending.length === 0) return [];
    throw new FozError(
      'not-supported',
      `The store ${this.place} is older than this Foz: bring it up to date with "foz store migrate".`,
    );
  }

  async #withFozErrors<T>(body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      throw storeError(error, this.place);
    }
  }
}

/** Creates a store, which opens on first use. Throws FozError `validation-failed` for a wrong URL. */
export function openStore(options: StoreOptions): Store {
  return new Store(options);
}

function reasonOf(error: unknown): string {
  if (error instanceof FozError) return error.internal ?? error.message;
  return types.isNativeError(error) ? error.message : String(error);
}
