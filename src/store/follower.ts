import type { ChangeTopic } from './changes.ts';
import type { Store } from './store.ts';

export interface FollowerOptions {
  /** `null`: the data is not in a store, so there is nothing to follow. */
  readonly store: Store | null;
  readonly topics: readonly ChangeTopic[];
  /** Loads the current state of the store into memory. */
  readonly align: () => Promise<void>;
  /**
   * Called when `align` rejects and no caller waits for it. Called once, until it succeeds again. Not called while the store has never
   * opened, since that is one failure for all followers, and whoever opens the store reports it.
   */
  readonly failed: (error: unknown) => void;
}

/** Milliseconds before a failed update is retried. */
const retryMs = 1_000;

/**
 * Keeps data in memory in line with the store. Updates run one after the other, and a failed one is retried until it
 * succeeds.
 */
export class Follower {
  readonly #options: FollowerOptions;
  #turn: Promise<void> = Promise.resolve();
  #stop: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;
  #hasUpdated = false;
  #resolveFirst = () => {};
  #isClosed = false;

  readonly #firstUpdate = new Promise<void>((resolve) => {
    this.#resolveFirst = resolve;
  });

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Updates now and at each change until `close`. If the store is down, it updates as soon as the store is available. */
  async start(): Promise<void> {
    const { store, topics } = this.#options;
    if (store === null) return;
    const { started, stop } = store.onChange((change) => {
      if (change === null || topics.includes(change.topic)) void this.#tryUpdate();
    });
    this.#stop = stop;
    await started;
    await this.#tryUpdate();
  }

  /** Whether the data in the store was read; true where it is not in a store. The store may be down again since. */
  get isRead(): boolean {
    return this.#options.store === null || this.#hasUpdated;
  }

  /** Resolves when the data in the store was read. */
  async whenRead(): Promise<void> {
    if (this.#options.store !== null) await this.#firstUpdate;
  }

  /** Resolves when memory and store agree. Rejects as `align` does. */
  async update(): Promise<void> {
    await this.runBetween(this.#options.align);
    this.#hasUpdated = true;
    this.#resolveFirst();
  }

  /** Runs something between two updates. */
  runBetween(body: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(body);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Updates again in a moment, since something could not be applied. */
  retrySoon(): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#tryUpdate(), retryMs).unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#stop();
  }

  async #tryUpdate(): Promise<void> {
    try {
      await this.update();
      this.#isFailing = false;
    } catch (error) {
      if (this.#isClosed) return;
      if (this.#options.store?.hasOpened !== false) {
        if (!this.#isFailing) this.#options.failed(error);
        this.#isFailing = true;
      }
      this.retrySoon();
    }
  }
}
