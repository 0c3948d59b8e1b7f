import type { TableRows, Tuple } from '../../execute/index.ts';
import type { SyncStore } from '../../store/index.ts';
import { keyFrom, keyOf, type SyncKey } from './keys.ts';
import type { ResolvedSync } from './resolve.ts';

/** Rows of one page. */
const pageRows = 500;

/** How far a comparison of the whole tables is. */
export interface Comparison {
  /** The rows of the left side, those of the right side, then the rows that both once had. */
  readonly phase: 'left' | 'right' | 'known';
  /** The key of the last row, or its text where known rows are looked at; `null`: none yet. */
  readonly after: Tuple | string | null;
  /** Rows that were looked at, and about how many there are. */
  readonly done: number;
  readonly total: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Whether there were known rows at the start. */
  readonly wasKnown: boolean;
}

export interface ComparedTables {
  readonly sync: ResolvedSync;
  readonly left: TableRows;
  readonly right: TableRows;
  readonly store: Pick<SyncStore, 'keysAfter'>;
}

/** A page of keys that are to be looked at, and how far the comparison is after it; `null`: it is at its end. */
export interface ComparedPage {
  readonly keys: readonly SyncKey[];
  readonly next: Comparison | null;
}

/** Begins to compare the whole tables, as a sync does at first and where changes are missing. */
export async function beginComparison(
  { sync, left, right, store }: ComparedTables,
  signal: AbortSignal,
): Promise<Comparison> {
  const wasKnown = (await store.keysAfter(sync.definition.name, '', 1)).length > 0;
  const counts = [await left.count(signal)];
  if (sync.isBoth || wasKnown) counts.push(await right.count(signal));
  return {
    ...{ phase: 'left', after: null, done: 0, wasKnown },
    total: counts.reduce((sum, one) => sum + one, 0),
    startedAt: new Date().toISOString(),
  };
}

/** The next page of a comparison. */
export async function nextPage(
  tables: ComparedTables,
  comparison: Comparison,
  signal: AbortSignal,
): Promise<ComparedPage> {
  const { sync, store } = tables;
  const { phase, after, done } = comparison;
  if (phase === 'known') {
    const texts = await store.keysAfter(sync.definition.name, (after as string | null) ?? '', pageRows);
    const keys = texts.map((text) => keyFrom(sync, text));
    const isLast = texts.length < pageRows;
    return { keys, next: isLast ? null : { ...comparison, after: texts.at(-1)! } };
  }
  const rows = await tables[phase].page(after as Tuple | null, pageRows, signal);
  const width = sync[phase].key.length;
  const found = rows.map((row) => row.slice(0, width));
  const keys = found.map((key) => keyOf(sync, key));
  const counted = { ...comparison, done: done + rows.length };
  if (rows.length === pageRows) return { keys, next: { ...counted, after: found.at(-1)! } };
  return { keys, next: nextPhase(sync, counted) };
}

/** Rows that only the right side has matter where they may be ours; so do known rows that neither side has any more. */
function nextPhase({ isBoth }: ResolvedSync, comparison: Comparison): Comparison | null {
  const { phase, wasKnown } = comparison;
  if (phase === 'left' && (isBoth || wasKnown)) return { ...comparison, phase: 'right', after: null };
  return wasKnown ? { ...comparison, phase: 'known', after: null } : null;
}
