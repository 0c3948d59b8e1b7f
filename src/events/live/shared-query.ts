import { createHash } from 'node:crypto';
import { type EndSignal, type HeldAmong, HeldBytes, RequestEnd, type SourceName } from '../../core/index.ts';
import {
  answerErrors,
  type EngineAnswer,
  errorsOf,
  type LiveOperation,
  type LiveRun,
  type RoleEngine,
} from '../../execute/index.ts';
import type { ChangeReader } from '../changes/change-reader.ts';
import type { Watch } from '../feed/feeds.ts';
import type { Watcher } from '../feed/watchers.ts';
import type { RunSlots } from './run-slots.ts';

/** A subscription, planned for the present graph of its session. */
export interface PlannedSubscription {
  readonly engine: RoleEngine;
  readonly live: LiveOperation;
  readonly subscriber: SubscriptionCaller;
}

/** The caller of a subscription, as its runs are counted and limited. */
export interface SubscriptionCaller {
  /** The key that the caller is counted by. */
  readonly name: string;
  /** The present limits of one run: milliseconds (`null`: no limit) and the most bytes of its answer. */
  limits(): { readonly timeoutMs: number | null; readonly answerBytes: number | null };
  /** Counts bytes as held for the caller until `release`. */
  hold(): HeldAmong & { release(): void };
}

/** What runs of subscriptions share. */
export interface LiveContext {
  readonly slots: RunSlots;
  /** Least milliseconds from the start of one run of a query to that of the next. */
  readonly intervalMs: number;
  readonly watch: (live: LiveOperation, watcher: Watcher) => Watch;
  /** Starts to read the changes that a subscription asks for. Rejects with FozError where they are not told. */
  readonly changes: (live: LiveOperation, end: EndSignal) => Promise<ChangeReader>;
  /** Called when the schema of sources seems to differ from the catalog. Resolves once it was read again. */
  readonly onDrift: (sources: readonly SourceName[]) => Promise<void>;
}

/** Milliseconds before a run is repeated that failed since a database did not answer. */
export const repairMs = 1000;

/** Longer answers are compared by their hash, and read again for new and slow subscribers. */
export const keptLength = 64 * 1024;

/** Receives the answers of a query. `print` is equal for equal answers. */
export interface Receiver {
  put(answer: EngineAnswer, print: string): void;
}

/**
 * A live query with all subscribers that get the same answers. It runs again after changes, at most once per interval, and sends
 * an answer only where it differs from the one before.
 */
export class SharedQuery implements Watcher {
  readonly #planned: PlannedSubscription;
  readonly #context: LiveContext;
  readonly #watch: Watch;
  readonly #end = new RequestEnd();
  readonly #receivers = new Set<Receiver>();
  /** Receivers that have got no answer yet. */
  readonly #waiting = new Set<Receiver>();
  #last: { readonly print: string; readonly answer: EngineAnswer | null } | null = null;
  #isDirty = true;
  #isRunning = false;
  #startedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(planned: PlannedSubscription, context: LiveContext) {
    this.#planned = planned;
    this.#context = context;
    this.#watch = context.watch(planned.live, this);
    void this.#watch.ready.then(() => this.#run());
  }

  get engine(): RoleEngine {
    return this.#planned.engine;
  }

  get key(): string {
    return this.#planned.live.key!;
  }

  add(receiver: Receiver): void {
    this.#receivers.add(receiver);
    const answer = this.#isDirty || this.#isRunning ? null : (this.#last?.answer ?? null);
    if (answer !== null) receiver.put(answer, this.#last!.print);
    else {
      this.#waiting.add(receiver);
      if (this.#last !== null) this.touch();
    }
  }

  /** Returns whether nobody receives the answers any more; the query is ended then. */
  remove(receiver: Receiver): boolean {
    this.#receivers.delete(receiver);
    this.#waiting.delete(receiver);
    if (this.#receivers.size > 0) return false;
    this.#end.abort();
    this.#watch.stop();
    clearTimeout(this.#timer ?? undefined);
    return true;
  }

  /** Sends the present answer to a receiver that missed it. */
  again(receiver: Receiver): void {
    this.#waiting.add(receiver);
    this.touch();
  }

  touch(): void {
    this.#isDirty = true;
    if (this.#isRunning || this.#timer !== null || this.#end.aborted) return;
    this.#schedule(this.#startedAt + this.#context.intervalMs - performance.now());
  }

  #schedule(milliseconds: number): void {
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        void this.#run();
      },
      Math.max(0, milliseconds),
    );
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    if (this.#isRunning || this.#end.aborted) return;
    this.#isRunning = true;
    const answer = await this.#context.slots.run(this.#planned.subscriber.name, () => this.#answer());
    if (answer?.drifted !== undefined) await this.#context.onDrift(answer.drifted).catch(() => {});
    this.#isRunning = false;
    if (answer === null || this.#end.aborted) return;
    // Subscribers keep the last answer while a database is away for a moment.
    if (!isAway(answer) || this.#last === null) this.#publish(answer);
    if (isAway(answer)) this.#schedule(repairMs);
    else if (answer.errors.some(({ code }) => code === 'timeout')) this.#schedule(10 * repairMs);
    else if (this.#isDirty) this.touch();
  }

  async #answer(): Promise<EngineAnswer | null> {
    if (this.#end.aborted) return null;
    this.#isDirty = false;
    this.#startedAt = performance.now();
    return runOnce(this.#planned, this.#end);
  }

  #publish(answer: EngineAnswer): void {
    const { json } = answer;
    const isShort = json.length <= keptLength;
    const print = isShort ? json : createHash('sha256').update(json).digest('base64');
    const receivers = print === this.#last?.print ? [...this.#waiting] : this.#receivers;
    this.#last = { print, answer: isShort ? answer : null };
    this.#waiting.clear();
    for (const receiver of receivers) receiver.put(answer, print);
  }
}

/** Whether a run failed since a database could not be reached. */
export function isAway({ errors }: EngineAnswer): boolean {
  return errors.some(({ code }) => code === 'unavailable');
}

/** A batch of a stream or of changes; see `LiveOperation.run`. */
export interface Batch {
  readonly after?: string | null;
  readonly changes?: LiveRun['changes'];
  readonly onBatch: (position: string, rows: number) => void;
}

/** Runs a subscription once, within its limits and until `end`. Never rejects. */
export async function runOnce(
  { live, subscriber }: PlannedSubscription,
  end: RequestEnd,
  batch: Batch | null = null,
): Promise<EngineAnswer> {
  const { timeoutMs, answerBytes } = subscriber.limits();
  const holding = subscriber.hold();
  const signal = new RequestEnd();
  const abort = () => signal.abort();
  end.addEventListener('abort', abort);
  const timer = timeoutMs === null ? undefined : setTimeout(abort, timeoutMs);
  const run = { signal, timeoutMs, held: new HeldBytes(answerBytes, holding) };
  try {
    if (batch === null) return await live.run(run, null);
    const { after = null, ...given } = batch;
    return await live.run({ ...run, ...given }, after);
  } catch (error) {
    return answerErrors(errorsOf(error), 'data', false);
  } finally {
    holding.release();
    clearTimeout(timer);
    end.removeEventListener('abort', abort);
  }
}
