import {
  type EndSignal,
  HeldBytes,
  RequestEnd,
  type SharedByteCounter,
  type SourceName,
} from '../../core/index.ts';
import {
  answerErrors,
  type EngineAnswer,
  errorsOf,
  type LiveOperation,
  type LiveRun,
  type RoleEngine,
} from '../../execute/index.ts';
import type { Watch } from '../feed/feeds.ts';
import type { Watcher } from '../feed/watchers.ts';
import type { RowReader } from '../log/row-reader.ts';
import type { RunSlots } from './run-slots.ts';

/** A subscription, planned for the present graph of its session. */
export interface PlannedSubscription {
  readonly engine: RoleEngine;
  readonly live: LiveOperation;
  readonly subscriber: SubscriptionCaller;
}

/** The caller of a subscription: its limits, and the key that its runs are counted by. */
export interface SubscriptionCaller {
  /** The key that the caller is counted by. */
  readonly name: string;
  /** The present limits of one run: milliseconds (`null`: no limit) and the most bytes of its answer. */
  limits(): { readonly timeoutMs: number | null; readonly answerBytes: number | null };
  /** Counts bytes as held for the caller until `release`. */
  hold(): SharedByteCounter & { release(): void };
}

/** The services that all subscriptions use. */
export interface LiveContext {
  readonly slots: RunSlots;
  /** Least milliseconds from the start of one run of a query to that of the next. */
  readonly intervalMs: number;
  readonly watch: (live: LiveOperation, watcher: Watcher) => Watch;
  /** Starts to read the changes that a subscription asks for. Rejects with FozError where the source does not report them. */
  readonly changes: (live: LiveOperation, end: EndSignal) => Promise<RowReader>;
  /** Called when the schema of sources seems to differ from the catalog. Resolves once they were introspected again. */
  readonly onDrift: (sources: readonly SourceName[]) => Promise<void>;
  /** Called when two answers could not be compared, so that the new one is sent whole. */
  readonly onDeltaFailure: (error: unknown) => void;
}

/** Milliseconds before a run is repeated that failed because a database did not answer. */
export const repairMs = 1000;

/** Whether a run failed because a database could not be reached. */
export function isUnavailable({ errors }: EngineAnswer): boolean {
  return errors.some(({ code }) => code === 'unavailable');
}

/** Whether a run failed because it took too long. The next run may time out, too, so it comes later than after `unavailable`. */
export function isTimedOut({ errors }: EngineAnswer): boolean {
  return errors.some(({ code }) => code === 'timeout');
}

/** Whether a run was refused since the caller, or the database user of Foz, lacks a right. Another run would be refused, too, so the subscription ends. */
export function isDenied({ errors }: EngineAnswer): boolean {
  return errors.some(({ code }) => code === 'access-denied');
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
