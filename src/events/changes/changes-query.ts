import { FozError, RequestEnd, Wakeup } from '../../core/index.ts';
import { answerErrors, type EngineAnswer, errorsOf } from '../../execute/index.ts';
import type { Watch } from '../feed/feeds.ts';
import type { Watcher } from '../feed/watchers.ts';
import { type LiveContext, type PlannedSubscription, repairMs, runOnce } from '../live/run.ts';
import type { RowReader } from '../log/row-reader.ts';
import { reshaped } from './missing-changes.ts';
import { isContinued, shapeOf } from './shape.ts';

const over = { value: undefined, done: true } as const;

/**
 * The changes of a table for one subscriber: each visible change once, in order. The next changes are filtered when the subscriber asks for
 * them, by the permissions of that time.
 */
export class ChangesQuery implements Watcher, AsyncIterableIterator<EngineAnswer, undefined> {
  readonly #context: LiveContext;
  readonly #end = new RequestEnd();
  readonly #onEnd: () => void;
  #planned: PlannedSubscription;
  #watch: Watch;
  #reader: RowReader | null = null;
  #hasAnswered = false;
  #isDirty = true;
  readonly #wakeup = new Wakeup();
  #failure: EngineAnswer | null = null;
  /** Whether the last run found a schema that differs from the catalog, so that the schema was read again. */
  #hasDrifted = false;

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

  /** Continues with another plan. Changes that the former plan has filtered and that were not sent yet are filtered again. */
  use(planned: PlannedSubscription): void {
    if (planned.engine === this.#planned.engine) return;
    const [before, now] = [this.#planned, planned].map(({ live }) => live.changes!.table.id);
    if (before !== now)
      throw new FozError('not-found', 'The table of this subscription has been replaced by another one.');
    const [former, present] = [this.#planned, planned].map(({ live }) =>
      shapeOf(live.changes!.table.columns),
    );
    if (!isContinued(former!, present!)) throw reshaped();
    this.#watch.stop();
    this.#planned = planned;
    this.#watch = this.#context.watch(planned.live, this);
    this.touch();
  }

  /** Ends the changes with errors as the last answer. */
  fail(answer: EngineAnswer): void {
    this.#failure ??= answer;
    this.touch();
  }

  touch(): void {
    this.#isDirty = true;
    this.#wakeup.wake();
  }

  async next(): Promise<IteratorResult<EngineAnswer, undefined>> {
    if (this.#end.aborted) return over;
    const answer = await this.#next().catch((error: unknown) => this.#refused(error));
    if (answer === null || this.#end.aborted) return over;
    if (answer === this.#failure) this.#finish();
    return { value: answer, done: false };
  }

  async return(): Promise<IteratorResult<EngineAnswer, undefined>> {
    if (!this.#end.aborted) this.#finish();
    return over;
  }

  #finish(): void {
    this.#end.abort();
    this.#watch.stop();
    this.#reader?.close();
    this.#onEnd();
  }

  /** Makes an answer of an error, which ends the subscription. */
  #refused(error: unknown): EngineAnswer {
    const { showInternal } = this.#planned.engine.options;
    this.#failure ??= answerErrors(errorsOf(error), 'request', showInternal);
    return this.#failure;
  }

  /** The next answer; `null`: the subscriber wants no more. */
  async #next(): Promise<EngineAnswer | null> {
    await this.#watch.ready;
    if (this.#reader === null) {
      const reader = await this.#context.changes(this.#planned.live, this.#end);
      if (this.#end.aborted) reader.close();
      this.#reader = reader;
    }
    for (;;) {
      await this.#change();
      if (this.#end.aborted) return null;
      if (this.#failure !== null) return this.#failure;
      const answer = await this.#batch(this.#reader);
      if (answer !== null) return answer;
    }
  }

  async #change(): Promise<void> {
    while (!this.#isDirty && !this.#end.aborted) await this.#wakeup.wait(this.#end);
  }

  /** Filters the next changes; `null`: there is nothing to send. */
  async #batch(reader: RowReader): Promise<EngineAnswer | null> {
    this.#isDirty = false;
    const planned = this.#planned;
    const changes = await reader.peek(planned.live.changes!.size);
    if (changes.length === 0 && this.#hasAnswered) return null;
    let visible = 0;
    const onBatch = (_: string, count: number) => {
      visible = count;
    };
    const answer = await this.#context.slots.run(planned.subscriber.name, () =>
      runOnce(planned, this.#end, { changes, onBatch }),
    );
    if (answer.errors.length > 0) return this.#failed(answer);
    this.#isDirty = true;
    // The answer was made by a plan that was replaced meanwhile: the changes are filtered again.
    if (this.#planned !== planned) return null;
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
      setTimeout(() => this.touch(), repairMs).unref();
      return null;
    }
    this.#failure ??= answer;
    return this.#failure;
  }
}
