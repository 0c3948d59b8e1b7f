import { createHash } from 'node:crypto';
import { RequestEnd } from '../../core/index.ts';
import type { EngineAnswer, RoleEngine } from '../../execute/index.ts';
import type { RowKeys } from '../../plan/index.ts';
import type { Watch } from '../feed/feeds.ts';
import type { Watcher } from '../feed/watchers.ts';
import {
  isDenied,
  isTimedOut,
  isUnavailable,
  type LiveContext,
  type PlannedSubscription,
  repairMs,
} from './run.ts';
import type { DueQuery } from './statement-group.ts';
import type { StatementGroups } from './statement-groups.ts';

/** Longer answers are compared by their hash, and read again for new and slow subscribers. */
export const keptLength = 64 * 1024;

/** Receives the answers of a query. `print`: the text or the hash of the answer, which is equal for equal answers. */
export interface Receiver {
  put(answer: EngineAnswer, print: string): void;
  /** Gets the errors that end the query. */
  fail(answer: EngineAnswer): void;
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
  readonly #statements: StatementGroups;
  readonly #due: DueQuery;
  readonly #receivers = new Set<Receiver>();
  /** Receivers that wait for the next answer, even if it equals the last one. */
  readonly #waiting = new Set<Receiver>();
  #last: { readonly print: string; readonly answer: EngineAnswer | null } | null = null;
  #isDirty = true;
  #isRunning = false;
  #startedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(planned: PlannedSubscription, context: LiveContext, statements: StatementGroups) {
    this.#planned = planned;
    this.#context = context;
    this.#statements = statements;
    this.#due = { planned, end: this.#end, begin: () => this.#begin() };
    this.#watch = context.watch(planned.live, this);
    void this.#watch.ready.then(() => this.#run());
  }

  get engine(): RoleEngine {
    return this.#planned.engine;
  }

  get key(): string {
    return this.#planned.live.key!;
  }

  /** The keys of rows in its answers. */
  get rowKeys(): RowKeys {
    return this.#planned.live.rowKeys;
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

  /** Removes a receiver. The last one ends the query; returns true then. */
  remove(receiver: Receiver): boolean {
    this.#receivers.delete(receiver);
    this.#waiting.delete(receiver);
    if (this.#receivers.size > 0) return false;
    this.#end.abort();
    this.#watch.stop();
    clearTimeout(this.#timer ?? undefined);
    return true;
  }

  /** Runs the query again for a receiver whose last answer was not kept. */
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

  /** Runs the query once and publishes its answer. Never rejects. */
  async #run(): Promise<void> {
    if (this.#isRunning || this.#end.aborted) return;
    this.#isRunning = true;
    const answer = await this.#statements.run(this.#due);
    if (answer?.drifted !== undefined) await this.#context.onDrift(answer.drifted).catch(() => {});
    this.#isRunning = false;
    if (answer === null || this.#end.aborted) return;
    if (isDenied(answer)) {
      for (const receiver of [...this.#receivers]) receiver.fail(answer);
      return;
    }
    // While a database is unavailable, subscribers keep the last answer.
    if (!isUnavailable(answer) || this.#last === null) this.#publish(answer);
    if (isUnavailable(answer)) this.#schedule(repairMs);
    else if (isTimedOut(answer)) this.#schedule(10 * repairMs);
    else if (this.#isDirty) this.touch();
  }

  /** Called when a run begins. Changes from now on make the query dirty again. Returns false where the query has ended, so that it is not run. */
  #begin(): boolean {
    if (this.#end.aborted) return false;
    this.#isDirty = false;
    this.#startedAt = performance.now();
    return true;
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
