import type { SourceFacts } from '../../catalog/index.ts';
import { diffFacts, type FactsChange } from './diff.ts';

/** The result of introspecting a source. */
export interface SourceReading {
  /** The number of tables and views. */
  readonly tables: number;
  /** Differences to the previous facts. */
  readonly changes: readonly FactsChange[];
  /** What could not be represented. */
  readonly issues: SourceFacts['issues'];
}

/** Compares the current facts with the previous ones; `null`: there are none. */
export function readingOf(before: SourceFacts | null, now: SourceFacts): SourceReading {
  return { tables: now.tables.length, changes: diffFacts(before, now), issues: now.issues };
}
