import { FozError } from '../../core/index.ts';
import { answerErrors, type EngineAnswer, errorsOf } from '../../execute/index.ts';
import { type LiveContext, type PlannedSubscription, runOnce } from '../live/run.ts';
import { WatchedPlan } from '../live/watched-plan.ts';
import type { RowReader } from '../log/row-reader.ts';
import { reshaped } from './missing-changes.ts';
import { isContinued, shapeOf } from './shape.ts';

const over = { value: undefined, done: true } as const;

/**
 * The changes of a table for one subscriber: each visible change once, in order. The next changes are filtered when the subscriber asks for
 * them, by the permissions of that time.
 */
export class ChangesQuery implements AsyncIterableIterator<EngineAnswer, undefined> {
  readonly #context: LiveContext;
  readonly #watched: WatchedPlan;
  #reader: RowReader | null = null;
  #hasAnswered = false;
  /** Whether the last run found a schema that differs from the catalog, so that the schema was read again. */
  #hasDrifted = false;

  /** `onEnd`: called once. */
  constructor(planned: PlannedSubscription, context: LiveContext, onEnd: () => void) {
    this.#context = context;
    this.#watched = new WatchedPlan(planned, context, onEnd);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Continues with another plan. Changes that the former plan has filtered and that were not sent yet are filtered again. */
  use(planned: PlannedSubscription): void {
    if (planned.engine === this.#watched.planned.engine) return;
    const plans = [this.#watched.planned, planned];
    const [before, now] = plans.map(({ live }) => live.changes!.table.id);
    if (before !== now)
      throw new FozError('not-found', 'The table of this subscription has been replaced by another one.');
    const [former, present] = plans.map(({ live }) => shapeOf(live.changes!.table.columns));
    if (!isContinued(former!, present!)) throw reshaped();
    this.#watched.use(planned);
  }

  /** Ends the changes with errors as the last answer. */
  fail(answer: EngineAnswer): void {
    this.#watched.fail(answer);
  }

  async next(): Promise<IteratorResult<EngineAnswer, undefined>> {
    const { end } = this.#watched;
    if (end.aborted) return over;
    const answer = await this.#next().catch((error: unknown) => this.#refused(error));
    if (answer === null || end.aborted) return over;
    if (answer === this.#watched.failure) this.#finish();
    return { value: answer, done: false };
  }

  async return(): Promise<IteratorResult<EngineAnswer, undefined>> {
    this.#finish();
    return over;
  }

  #finish(): void {
    if (this.#watched.stop()) this.#reader?.close();
  }

  /** Makes an answer of an error, which ends the subscription. */
  #refused(error: unknown): EngineAnswer {
    const { showInternal } = this.#watched.planned.engine.options;
    return this.#watched.fail(answerErrors(errorsOf(error), 'request', showInternal));
  }

  /** The next answer; `null`: the subscriber wants no more. */
  async #next(): Promise<EngineAnswer | null> {
    const watched = this.#watched;
    await watched.ready;
    if (this.#reader === null) {
      const reader = await this.#context.changes(watched.planned.live, watched.end);
      if (watched.end.aborted) reader.close();
      this.#reader = reader;
    }
    for (;;) {
      await watched.change();
      if (watched.end.aborted) return null;
      if (watched.failure !== null) return watched.failure;
      const answer = await this.#batch(this.#reader);
      if (answer !== null) return answer;
    }
  }

  /** Filters the next changes; `null`: there is nothing to send. */
  async #batch(reader: RowReader): Promise<EngineAnswer | null> {
    const watched = this.#watched;
    watched.clean();
    const { planned } = watched;
    const changes = await reader.peek(planned.live.changes!.size);
    if (changes.length === 0 && this.#hasAnswered) return null;
    let visible = 0;
    const onBatch = (_: string, count: number) => {
      visible = count;
    };
    const answer = await this.#context.slots.run(planned.subscriber.name, () =>
      runOnce(planned, watched.end, { changes, onBatch }),
    );
    if (answer.errors.length > 0) return this.#failed(answer);
    // There may be more changes than those that were read.
    watched.touch();
    // The answer was made by a plan that was replaced meanwhile: the changes are filtered again.
    if (watched.planned !== planned) return null;
    this.#hasDrifted = false;
    reader.done(changes);
    if (visible === 0 && this.#hasAnswered) return null;
    this.#hasAnswered = true;
    return answer;
  }

  /** Handles a failed run: the changes are filtered again later (`null`), or the errors are the last answer. */
  async #failed(answer: EngineAnswer): Promise<EngineAnswer | null> {
    const isNewDrift = answer.drifted !== undefined && !this.#hasDrifted;
    if (isNewDrift) {
      this.#hasDrifted = true;
      await this.#context.onDrift(answer.drifted!).catch(() => {});
    }
    const passes = answer.errors.every(({ code }) => code === 'unavailable' || code === 'timeout');
    if (isNewDrift || (passes && this.#hasAnswered)) {
      this.#watched.touchLater();
      return null;
    }
    return this.#watched.fail(answer);
  }
}
