import type { ChangeTopic } from './changes.ts';
import type { Store } from './store.ts';

export interface FollowerOptions {
  readonly topics: readonly ChangeTopic[];
  /** Brings what is in memory in line with the store. */
  readonly align: () => Promise<void>;
  /** Told when that rejects and nobody waits for it. */
  readonly failed: (error: unknown) => void;
}

/** Keeps something in memory in line with the store, one look at it after the other. */
export class Follower {
  readonly #options: FollowerOptions;
  #turn: Promise<void> = Promise.resolve();
  #stop: () => void = () => {};

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Looks, and looks again at each change until `close`. A store that is down is followed as soon as it is there. */
  async start(store: Store): Promise<void> {
    const { topics } = this.#options;
    const { started, stop } = store.onChange((change) => {
      if (change === null || topics.includes(change.topic)) void this.#looked();
    });
    this.#stop = stop;
    await started;
    await this.#looked();
  }

  /** Resolves when memory and store agree; rejects as `align` does. */
  look(): Promise<void> {
    return this.inTurn(this.#options.align);
  }

  /** Does something between two looks. */
  inTurn(body: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(body);
    this.#turn = done.catch(() => {});
    return done;
  }

  close(): void {
    this.#stop();
  }

  #looked(): Promise<void> {
    return this.look().catch(this.#options.failed);
  }
}
