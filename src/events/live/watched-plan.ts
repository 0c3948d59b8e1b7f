import { RequestEnd, Wakeup } from '../../core/index.ts';
import type { EngineAnswer } from '../../execute/index.ts';
import type { Watch } from '../feed/feeds.ts';
import type { Watcher } from '../feed/watchers.ts';
import { type LiveContext, type PlannedSubscription, repairMs } from './run.ts';

/**
 * The plan of a subscription that shares its runs with no other, and the watch over the tables of this plan. Its subscription reads again
 * when the subscriber asks for more and something was changed since.
 */
export class WatchedPlan implements Watcher {
  readonly end = new RequestEnd();
  readonly #context: Pick<LiveContext, 'watch'>;
  readonly #onEnd: () => void;
  readonly #wakeup = new Wakeup();
  #planned: PlannedSubscription;
  #watch: Watch;
  #isDirty = true;
  #failure: EngineAnswer | null = null;

  /** `onEnd`: called once. */
  constructor(planned: PlannedSubscription, context: Pick<LiveContext, 'watch'>, onEnd: () => void) {
    this.#planned = planned;
    this.#context = context;
    this.#onEnd = onEnd;
    this.#watch = context.watch(planned.live, this);
  }

  get planned(): PlannedSubscription {
    return this.#planned;
  }

  /** Resolves once changes from now on are noticed. */
  get ready(): Promise<unknown> {
    return this.#watch.ready;
  }

  /** The errors that end the subscription as its last answer; `null`: it goes on. */
  get failure(): EngineAnswer | null {
    return this.#failure;
  }

  /** Replaces the plan. */
  use(planned: PlannedSubscription): void {
    if (planned.engine === this.#planned.engine) return;
    this.#watch.stop();
    this.#planned = planned;
    this.#watch = this.#context.watch(planned.live, this);
    this.touch();
  }

  /** Ends the subscription with errors, unless others end it already. Returns those that do. */
  fail(answer: EngineAnswer): EngineAnswer {
    this.#failure ??= answer;
    this.touch();
    return this.#failure;
  }

  /** Notes that there may be something to read. */
  touch(): void {
    this.#isDirty = true;
    this.#wakeup.wake();
  }

  /** Has the subscription read again in a moment, after a run that failed. */
  touchLater(): void {
    setTimeout(() => this.touch(), repairMs).unref();
  }

  /** Notes that everything is read which was changed until now. */
  clean(): void {
    this.#isDirty = false;
  }

  /** Resolves when there may be something to read, or the subscription has ended. */
  async change(): Promise<void> {
    while (!this.#isDirty && !this.end.aborted) await this.#wakeup.wait(this.end);
  }

  /** Ends the subscription. Returns whether it had not ended before. */
  stop(): boolean {
    if (this.end.aborted) return false;
    this.end.abort();
    this.#watch.stop();
    this.#onEnd();
    return true;
  }
}
