import type { Knex } from 'knex';
import { changesAfter, channel, lastChange, type StoreChange } from './changes.ts';
import type { ListenConnection } from './connect.ts';

/** Called with a change. `null`: many changes, so that all cached data may be outdated. */
export type ChangeListener = (change: StoreChange | null) => void;

export interface WatchOptions {
  readonly db: () => Promise<Knex>;
  /** `null`: no other process can write, so there is nothing to listen to. */
  readonly listen: (() => Promise<ListenConnection>) | null;
  /** Milliseconds between polls of the list of changes. */
  readonly pollMs: number;
  readonly warn: (message: string, error: unknown) => void;
}

/**
 * Follows the list of changes. A notification only triggers a poll. The list is also polled every `pollMs`, so that
 * nothing is missed while the listening connection is down.
 */
export class ChangeWatch {
  readonly #options: WatchOptions;
  readonly #listeners = new Set<ChangeListener>();
  #lastSeen: number | null = null;
  #polling: Promise<void> | null = null;
  #pollAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #connection: ListenConnection | null = null;
  #connecting = false;
  #started: Promise<void> | null = null;
  #closed = false;
  /** Whether the current failure was logged. */
  #isFailing = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Calls the listener for every change after `started` resolves. A listener that throws does not affect others. */
  add(listener: ChangeListener): { readonly started: Promise<void>; readonly stop: () => void } {
    this.#listeners.add(listener);
    this.#started ??= this.#start();
    return { started: this.#started, stop: () => void this.#listeners.delete(listener) };
  }

  /** Polls now. Resolves when the listeners have got all visible changes. */
  async poll(): Promise<void> {
    if (this.#closed || this.#started === null) return;
    if (this.#polling !== null) {
      this.#pollAgain = true;
      return this.#polling;
    }
    this.#polling = this.#pollUntilDone();
    try {
      await this.#polling;
    } finally {
      this.#polling = null;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#polling?.catch(() => {});
    await this.#connection?.end().catch(() => {});
  }

  async #start(): Promise<void> {
    try {
      this.#lastSeen ??= await lastChange(await this.#options.db());
    } catch (error) {
      this.#warn('The store cannot be asked for changes; it is tried again and again.', error);
    }
    if (this.#options.listen === null || this.#closed) return;
    await this.#connect();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#tick(), this.#options.pollMs).unref();
  }

  async #tick(): Promise<void> {
    await this.poll().then(
      () => {
        this.#isFailing = false;
      },
      (error) => this.#warn('The store cannot be asked for changes; it is tried again and again.', error),
    );
    void this.#connect();
    this.#schedule();
  }

  /** Logs a failure once, until a poll succeeds. */
  #warn(message: string, error: unknown): void {
    if (!this.#isFailing) this.#options.warn(message, error);
    this.#isFailing = true;
  }

  async #pollUntilDone(): Promise<void> {
    do {
      this.#pollAgain = false;
      const db = await this.#options.db();
      if (this.#lastSeen === null) {
        // Changes before the first poll are unknown.
        this.#lastSeen = await lastChange(db);
        this.#notify(null);
        continue;
      }
      const changes = await changesAfter(db, this.#lastSeen);
      if (changes === null) {
        this.#lastSeen = await lastChange(db);
        this.#notify(null);
      } else
        for (const change of changes) {
          this.#lastSeen = change.id;
          this.#notify(change);
        }
    } while (this.#pollAgain);
  }

  #notify(change: StoreChange | null): void {
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
      connection.on('notification', () => void this.poll().catch(() => {}));
      await connection.query(`listen ${channel}`);
      if (this.#closed) await connection.end();
      else this.#connection = connection;
    } catch (error) {
      this.#warn('The store cannot be listened to; it is asked now and then instead.', error);
    } finally {
      this.#connecting = false;
    }
    await this.poll().catch(() => {});
  }
}
