import type { ChangeTopic } from './changes.ts';
import type { Store } from './store.ts';

export interface FollowerOptions {
  readonly topics: readonly ChangeTopic[];
  /** Brings what is in memory in line with the store. */
  readonly align: () => Promise<void>;
  /** Told when that rejects and nobody waits for it; once, until it succeeds again. */
  readonly failed: (error: unknown) => void;
}

/** Milliseconds after which a look that failed is repeated. */
const againMs = 1_000;

/** Keeps something in memory in line with the store, one look at it after the other; one that fails is repeated until it succeeds. */
export class Follower {
  readonly #options: FollowerOptions;
  #turn: Promise<void> = Promise.resolve();
  #stop: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;
  #hasLooked = false;
  #isClosed = false;

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

  /** Whether a look has succeeded: something is known of the store, though it may be down by now. */
  get hasLooked(): boolean {
    return this.#hasLooked;
  }

  /** Resolves when memory and store agree; rejects as `align` does. */
  async look(): Promise<void> {
    await this.inTurn(this.#options.align);
    this.#hasLooked = true;
  }

  /** Does something between two looks. */
  inTurn(body: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(body);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Looks again in a moment, since something could not be taken over. */
  again(): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#looked(), againMs).unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#stop();
  }

  async #looked(): Promise<void> {
    try {
      await this.look();
      this.#isFailing = false;
    } catch (error) {
      if (this.#isClosed) return;
      if (!this.#isFailing) this.#options.failed(error);
      this.#isFailing = true;
      this.again();
    }
  }
}
