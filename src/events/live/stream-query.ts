import { pause } from '../../core/index.ts';
import type { EngineAnswer } from '../../execute/index.ts';
import {
  isDenied,
  isTimedOut,
  isUnavailable,
  type LiveContext,
  type PlannedSubscription,
  runOnce,
} from './run.ts';
import { WatchedPlan } from './watched-plan.ts';

const over = { value: undefined, done: true } as const;

/**
 * A stream of one subscriber: each new row once, in batches. A batch is read when the subscriber asks for it, so a slow one gets
 * no less, only later.
 */
export class StreamQuery implements AsyncIterableIterator<EngineAnswer, undefined> {
  readonly #context: LiveContext;
  readonly #watched: WatchedPlan;
  /** The position of the last row that was sent. */
  #after: string | null = null;
  #hasAnswered = false;
  #startedAt = Number.NEGATIVE_INFINITY;
  /** The errors that were met last; they are sent once. */
  #error: string | null = null;

  /** `onEnd`: called once. */
  constructor(planned: PlannedSubscription, context: LiveContext, onEnd: () => void) {
    this.#context = context;
    this.#watched = new WatchedPlan(planned, context, onEnd);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Continues with another plan, from the same position. */
  use(planned: PlannedSubscription): void {
    this.#watched.use(planned);
  }

  /** Ends the stream with errors as its last answer. */
  fail(answer: EngineAnswer): void {
    this.#watched.fail(answer);
  }

  async next(): Promise<IteratorResult<EngineAnswer, undefined>> {
    const watched = this.#watched;
    for (;;) {
      await watched.ready;
      await this.#change();
      if (watched.end.aborted) return over;
      if (watched.failure !== null) {
        watched.stop();
        return { value: watched.failure, done: false };
      }
      const answer = await this.#batch();
      if (watched.end.aborted) return over;
      if (answer !== null) return { value: answer, done: false };
    }
  }

  async return(): Promise<IteratorResult<EngineAnswer, undefined>> {
    this.#watched.stop();
    return over;
  }

  /** Resolves when there may be new rows, or the stream has ended. */
  async #change(): Promise<void> {
    const { end } = this.#watched;
    await this.#watched.change();
    const wait = this.#startedAt + this.#context.intervalMs - performance.now();
    if (wait > 0 && this.#hasAnswered && !end.aborted) await pause(wait, end);
  }

  /** The next batch; `null`: there are no new rows. */
  async #batch(): Promise<EngineAnswer | null> {
    const watched = this.#watched;
    watched.clean();
    this.#startedAt = performance.now();
    let rows = 0;
    const { planned } = watched;
    const batch = {
      after: this.#after,
      onBatch: (position: string, count: number) => {
        this.#after = position;
        rows = count;
      },
    };
    const answer = await this.#context.slots.run(planned.subscriber.name, () =>
      runOnce(planned, watched.end, batch),
    );
    if (answer.drifted !== undefined) await this.#context.onDrift(answer.drifted).catch(() => {});
    // Rows that were read by the rules of an earlier graph are read again by those of the present one.
    if (planned !== watched.planned) {
      this.#after = batch.after;
      return null;
    }
    if (isDenied(answer)) {
      this.fail(answer);
      return null;
    }
    if (answer.errors.length > 0) {
      this.#after = batch.after;
      watched.touchLater();
      const mayPass = isUnavailable(answer) || isTimedOut(answer);
      const isNews = answer.json !== this.#error && !(this.#hasAnswered && mayPass);
      this.#error = answer.json;
      return isNews ? this.#answered(answer) : null;
    }
    this.#error = null;
    // There may be more rows after a full batch.
    if (rows > 0 && rows >= planned.live.batchSize!) {
      watched.touch();
      this.#startedAt = Number.NEGATIVE_INFINITY;
    }
    return rows > 0 || !this.#hasAnswered ? this.#answered(answer) : null;
  }

  #answered(answer: EngineAnswer): EngineAnswer {
    this.#hasAnswered = true;
    return answer;
  }
}
