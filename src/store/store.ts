import { types } from 'node:util';
import type { Knex } from 'knex';
import { FozError } from '../core/index.ts';
import type { Actor } from './actor.ts';
import type { StoreConnection } from './connect.ts';
import { storeError } from './errors.ts';
import { type MigrationStatus, migrate, migrationStatus } from './migrate.ts';
import { type Migration, migrations } from './migrations/index.ts';
import { checkUrl, placeOf } from './place.ts';
import { readMetadata, type StoredMetadata, writeMetadata } from './repositories/metadata.ts';
import { type ChangeListener, ChangeWatch } from './watch.ts';

/** Where warnings go; a pino logger is one. */
export interface StoreLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface StoreOptions {
  /** URL of a PostgreSQL database; absent: an embedded store in `folder`. */
  readonly url?: string;
  /** The state folder, usually `.foz`. */
  readonly folder: string;
  /** Milliseconds between looks for changes of other processes; 1,000 unless told. */
  readonly pollMs?: number;
  /** Versions of the metadata that are kept; 200 unless told. */
  readonly keepVersions?: number;
  readonly log?: StoreLog;
  /** The steps of its structure; those of this program unless told. */
  readonly migrations?: readonly Migration[];
  /** Whether the structure is brought up to date when the store is opened; true unless told. */
  readonly migrate?: boolean;
}

/**
 * Foz's own store. Nothing is opened before it is used the first time, or told to open; a store that is down is tried again at each use.
 * Everything here rejects with FozError: `unavailable` when the store does not answer, `not-supported` when a newer Foz made it.
 */
export class Store {
  readonly kind: 'pglite' | 'postgres';
  /** Which store it is, for messages; no user, no password. */
  readonly place: string;
  readonly #options: StoreOptions;
  #connection: Promise<StoreConnection> | null = null;
  readonly #watch: ChangeWatch;
  #opened: Promise<readonly string[]> | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: StoreOptions) {
    this.kind = options.url === undefined ? 'pglite' : 'postgres';
    this.place = placeOf(options.url, options.folder);
    this.#options = options;
    if (options.url !== undefined) checkUrl(options.url);
    this.#watch = new ChangeWatch({
      db: async () => {
        await this.open();
        return this.#db();
      },
      listen: options.url === undefined ? null : async () => (await this.#connect()).listener!(),
      pollMs: options.pollMs ?? 1_000,
      warn: (message, error) => {
        if (this.#closed === null) options.log?.warn({ store: this.place, reason: reasonOf(error) }, message);
      },
    });
  }

  /** Connects and brings the structure up to date, once. Resolves with the names of the steps that were done. */
  open(): Promise<readonly string[]> {
    if (this.#closed !== null) return Promise.reject(new FozError('unavailable', 'The store is closed.'));
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = null;
      throw storeError(error, this.place);
    });
    return this.#opened;
  }

  /** Reads. What `body` rejects with becomes a FozError. */
  async read<T>(body: (db: Knex) => Promise<T>): Promise<T> {
    await this.open();
    return this.#told(async () => body(await this.#db()));
  }

  /** Writes in one transaction, all or nothing; changes that `body` publishes are told once it has committed. */
  async write<T>(body: (transaction: Knex.Transaction) => Promise<T>): Promise<T> {
    await this.open();
    const result = await this.#told(async () => (await this.#db()).transaction(body));
    void this.#watch.look().catch(() => {});
    return result;
  }

  /** Resolves when listeners of this process were told of all changes that are committed; also when the store is down. */
  settled(): Promise<void> {
    return this.#watch.look().catch(() => {});
  }

  readMetadata(): Promise<StoredMetadata> {
    return this.read(readMetadata);
  }

  /**
   * Returns the new version. Rejects with FozError `conflict`, naming both versions, when somebody else wrote since `expected`. `also` is
   * done within the same transaction.
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
   * Calls back for changes by any process that shares the store, this one too. `started` resolves when nothing can be missed any more,
   * also when the store is down: then all that was missed is told by one `null` later.
   */
  onChange(listener: ChangeListener): { readonly started: Promise<void>; readonly stop: () => void } {
    return this.#watch.add(listener);
  }

  /** What the store's structure is, without changing it. */
  status(): Promise<MigrationStatus> {
    if (this.#closed !== null) return Promise.reject(new FozError('unavailable', 'The store is closed.'));
    return this.#told(async () => migrationStatus(await this.#db(), this.#steps));
  }

  /** Waits for running statements of an embedded store, then closes. */
  close(): Promise<void> {
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

  /** knex is loaded only now: it takes a while, and a server should not wait for it. */
  #connect(): Promise<StoreConnection> {
    this.#connection ??= import('./connect.ts').then(({ connectStore }) =>
      connectStore(this.#options.url, this.#options.folder),
    );
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

  async #told<T>(body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      throw storeError(error, this.place);
    }
  }
}

/** A store that opens when it is used. Throws FozError `validation-failed` for a URL that is none. */
export function openStore(options: StoreOptions): Store {
  return new Store(options);
}

function reasonOf(error: unknown): string {
  if (error instanceof FozError) return error.internal ?? error.message;
  return types.isNativeError(error) ? error.message : String(error);
}
