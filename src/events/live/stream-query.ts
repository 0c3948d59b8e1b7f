import { pause, RequestEnd, Wakeup } from '../../core/index.ts';
import type { EngineAnswer } from '../../execute/index.ts';
import type { Watch } from '../feed/feeds.ts';
import type { Watcher } from '../feed/watchers.ts';
import {
  isTimedOut,
  isUnavailable,
  type LiveContext,
  type PlannedSubscription,
  repairMs,
  runOnce,
} from './run.ts';

const over = { value: undefined, done: true } as const;

/**
 * A stream of one subscriber: each new row once, in batches. A batch is read when the subscriber asks for it, so a slow one gets
 * no less, only later.
 */
export class StreamQuery implements Watcher, AsyncIterableIterator<EngineAnswer, undefined> {
  readonly #context: LiveContext;
  readonly #end = new RequestEnd();
  readonly #onEnd: () => void;
  #planned: PlannedSubscription;
  #watch: Watch;
  /** The position of the last row that was sent. */
  #after: string | null = null;
  #hasAnswered = false;
  #isDirty = true;
  readonly #wakeup = new Wakeup();
  #startedAt = Number.NEGATIVE_INFINITY;
  #failure: EngineAnswer | null = null;
  /** The errors that were met last; they are sent once. */
  #error: string | null = null;

  /** `onEnd`: called once. */
  constructor(planned: PlannedSubscription, context: LiveContext, onEnd: () => void) {
    this.#planned = planned;
    this.#context = context;
    this.#onEnd = onEnd;
    this.#watch = context.watch(planned.live, this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Continues with another plan, from the same position. */
  use(planned: PlannedSubscription): void {
    if (planned.engine === this.#planned.engine) return;
    this.#watch.stop();
    this.#planned = planned;
    this.#watch = this.#context.watch(planned.live, this);
    this.touch();
  }

  /** Ends the stream with errors as its last answer. */
  fail(answer: EngineAnswer): void {
    this.#failure = answer;
    this.touch();
  }

  touch(): void {
    this.#isDirty = true;
    this.#wakeup.wake();
  }

  async next(): Promise<IteratorResult<EngineAnswer, undefined>> {
    for (;;) {
      await this.#watch.ready;
      await this.#change();
      if (this.#end.aborted) return over;
      if (this.#failure !== null) {
        const value = this.#failure;
        void this.return();
        return { value, done: false };
      }
      const answer = await this.#batch();
      if (this.#end.aborted) return over;
      if (answer !== null) return { value: answer, done: false };
    }
  }

  async return(): Promise<IteratorResult<EngineAnswer, undefined>> {
    if (this.#end.aborted) return over;
    this.#end.abort();
    this.#watch.stop();
    this.#onEnd();
    return over;
  }

  /** Resolves when there may be new rows, or the stream has ended. */
  async #change(): Promise<void> {
    while (!this.#isDirty && !this.#end.aborted) await this.#wakeup.wait(this.#end);
    const wait = this.#startedAt + this.#context.intervalMs - performance.now();
    if (wait > 0 && this.#hasAnswered && !this.#end.aborted) await pause(wait, this.#end);
  }

  /** The next batch; `null`: there are no new rows. */
  async #batch(): Promise<EngineAnswer | null> {
    this.#isDirty = false;
    this.#startedAt = performance.now();
    let rows = 0;
    const planned = this.#planned;
    const batch = {
      after: this.#after,
      onBatch: (position: string, count: number) => {
        this.#after = position;
        rows = count;
      },
    };
    const answer = await this.#context.slots.run(planned.subscriber.name, () =>
      runOnce(planned, this.#end, batch),
    );
    if (answer.drifted !== undefined) await this.#context.onDrift(answer.drifted).catch(() => {});
    // Rows that were read by the rules of an earlier graph are read again by those of the present one.
    if (planned !== this.#planned) {
      this.#after = batch.after;
      return null;
    }
    if (answer.errors.length > 0) {
      this.#after = batch.after;
      setTimeout(() => this.touch(), repairMs).unref();
      const mayPass = isUnavailable(answer) || isTimedOut(answer);
      const isNews = answer.json !== this.#error && !(this.#hasAnswered && mayPass);
      this.#error = answer.json;
      return isNews ? this.#answered(answer) : null;
    }
    this.#error = null;
    // There may be more rows after a full batch.
    if (rows > 0 && rows >= planned.live.batchSize!) {
      this.#isDirty = true;
      this.#startedAt = Number.NEGATIVE_INFINITY;
    }
    return rows > 0 || !this.#hasAnswered ? this.#answered(answer) : null;
  }

  #answered(answer: EngineAnswer): EngineAnswer {
    this.#hasAnswered = true;
    return answer;
  }
}
