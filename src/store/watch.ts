import type { Knex } from 'knex';
import { changesAfter, channel, lastChange, type StoreChange } from './changes.ts';
import type { ListenConnection } from './connect.ts';

/** What a listener is told; `null`: much has changed at once, everything that is remembered may be old. */
export type ChangeListener = (change: StoreChange | null) => void;

export interface WatchOptions {
  readonly db: () => Promise<Knex>;
  /** `null`: nobody else can write, nothing is asked for. */
  readonly listen: (() => Promise<ListenConnection>) | null;
  /** Milliseconds between looks at the list of changes. */
  readonly pollMs: number;
  readonly warn: (message: string, error: unknown) => void;
}

/**
 * Follows the list of changes. A notification only says that it is time to look; without one the list is looked at every `pollMs`, so
 * that nothing is missed while the connection that listens is down.
 */
export class ChangeWatch {
  readonly #options: WatchOptions;
  readonly #listeners = new Set<ChangeListener>();
  #seen: number | null = null;
  #looking: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #connection: ListenConnection | null = null;
  #connecting = false;
  #started: Promise<void> | null = null;
  #closed = false;
  /** Whether the trouble that there is was told. */
  #troubled = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Calls back for every change from the moment that `started` resolves. A listener that throws stops no other. */
  add(listener: ChangeListener): { readonly started: Promise<void>; readonly stop: () => void } {
    this.#listeners.add(listener);
    this.#started ??= this.#start();
    return { started: this.#started, stop: () => void this.#listeners.delete(listener) };
  }

  /** Looks now; resolves when all changes that are visible were told. */
  async look(): Promise<void> {
    if (this.#closed || this.#started === null) return;
    if (this.#looking !== null) {
      this.#again = true;
      return this.#looking;
    }
    this.#looking = this.#lookUntilDone();
    try {
      await this.#looking;
    } finally {
      this.#looking = null;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking?.catch(() => {});
    await this.#connection?.end().catch(() => {});
  }

  async #start(): Promise<void> {
    try {
      this.#seen ??= await lastChange(await this.#options.db());
    } catch (error) {
      this.#warn('The store cannot be asked for changes; it is tried again and again.', error);
    }
    if (this.#options.listen === null || this.#closed) return;
    await this.#connect();
    this.#plan();
  }

  #plan(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#tick(), this.#options.pollMs).unref();
  }

  async #tick(): Promise<void> {
    await this.look().then(
      () => {
        this.#troubled = false;
      },
      (error) => this.#warn('The store cannot be asked for changes; it is tried again and again.', error),
    );
    void this.#connect();
    this.#plan();
  }

  /** Once until things are well again. */
  #warn(message: string, error: unknown): void {
    if (!this.#troubled) this.#options.warn(message, error);
    this.#troubled = true;
  }

  async #lookUntilDone(): Promise<void> {
    do {
      this.#again = false;
      const db = await this.#options.db();
      if (this.#seen === null) {
        // What happened before the first look at all is not known.
        this.#seen = await lastChange(db);
        this.#tell(null);
        continue;
      }
      const changes = await changesAfter(db, this.#seen);
      if (changes === null) {
        this.#seen = await lastChange(db);
        this.#tell(null);
      } else
        for (const change of changes) {
          this.#seen = change.id;
          this.#tell(change);
        }
    } while (this.#again);
  }

  #tell(change: StoreChange | null): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (error) {
        this.#options.warn('A listener to changes of the store failed.', error);
      }
    }
  }

  async #connect(): Promise<void> {
    const { listen } = this.#options;
    if (listen === null || this.#connection !== null || this.#connecting || this.#closed) return;
    this.#connecting = true;
    try {
      const connection = await listen();
      const lost = () => {
        if (this.#connection === connection) this.#connection = null;
      };
      connection.on('end', lost);
      connection.on('error', lost);
      connection.on('notification', () => void this.look().catch(() => {}));
      await connection.query(`listen ${channel}`);
      if (this.#closed) await connection.end();
      else this.#connection = connection;
    } catch (error) {
      this.#warn('The store cannot be listened to; it is asked now and then instead.', error);
    } finally {
      this.#connecting = false;
    }
    await this.look().catch(() => {});
  }
}
