import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../../core/index.ts';
import type { LoggedChange } from '../../execute/index.ts';
import type { ChangedTable } from '../../plan/index.ts';
import type { ChangeLog } from '../changes/change-log.ts';
import { ChangeReader } from '../changes/change-reader.ts';
import { notKept } from '../changes/missing-changes.ts';
import { type ClientPosition, endOf, isAfter } from '../changes/position.ts';
import { ResumedReader } from './resumed-reader.ts';
import type { SourceLog } from './source-log.ts';

/** Milliseconds that a reader waits until this process has read up to a position that it got from another process. */
const reachMs = 5_000;

/** Reads the changes of one table, at the pace of its caller. */
export interface RowReader {
  /** The next changes; empty: there are none now. The same ones are returned until `done` is called for them. Rejects with FozError. */
  peek(most: number): Promise<readonly LoggedChange[]>;
  done(changes: readonly LoggedChange[]): void;
  close(): void;
}

/**
 * Opens a reader of the changes after a position: in memory, or in the store where memory does not reach back so far. Rejects with FozError
 * `not-found` where changes since the position are missing, `unavailable` where another process does not log the changes in time.
 */
export async function openReader(
  log: ChangeLog,
  kept: SourceLog | null,
  table: ChangedTable,
  after: ClientPosition | null,
): Promise<RowReader> {
  const { release, since } = (await kept?.want(table)) ?? { release: () => {}, since: null };
  try {
    // Where another process reads the source, its changes arrive in this process a little later.
    if (since !== null && log.now !== null && !(await hasReached(log, { ...log.now, position: since })))
      throw new FozError('unavailable', 'The changes of the source arrive late. Try again in a moment.');
    // Memory does not know that the other process had stopped logging the table for a while.
    if (since !== null && after !== null && isAfter(endOf(after.method, since), after)) throw notKept();
    if (after !== null && kept !== null) await hasReached(log, after);
    const reader = await readerOf(log, kept, table, after);
    return {
      peek: async (most) => reader.peek(most),
      done: (changes) => reader.done(changes),
      close: release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

async function readerOf(
  log: ChangeLog,
  kept: SourceLog | null,
  table: ChangedTable,
  after: ClientPosition | null,
): Promise<ChangeReader | ResumedReader> {
  try {
    return new ChangeReader(log, log.open(table, after));
  } catch (error) {
    const isOlder = error instanceof FozError && error.code === 'not-found';
    if (!isOlder || kept === null || after === null || log.now === null || isAfter(after, log.now))
      throw error;
    return new ResumedReader(await kept.stored(table, after), log, table, () => kept.settled());
  }
}

/** Waits until all changes up to a position were read. Resolves with false when the time is up; with true also where positions cannot be compared. */
async function hasReached(log: ChangeLog, { method, position }: ClientPosition): Promise<boolean> {
  for (const start = performance.now(); performance.now() - start < reachMs; await sleep(50)) {
    const { now } = log;
    if (now === null || now.method !== method || now.position >= position) return true;
  }
  return false;
}
