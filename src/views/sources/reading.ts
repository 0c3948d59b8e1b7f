import type { SourceFacts } from '../../catalog/index.ts';
import { diffFacts, type FactsChange } from './diff.ts';

/** What reading a source has found. */
export interface SourceReading {
  /** Tables and views that it has. */
  readonly tables: number;
  /** Against what was known of it. */
  readonly changes: readonly FactsChange[];
  /** What could not be taken as it is. */
  readonly issues: SourceFacts['issues'];
}

/** What a source contains against what was known of it; `null`: nothing. */
export function readingOf(before: SourceFacts | null, now: SourceFacts): SourceReading {
  return { tables: now.tables.length, changes: diffFacts(before, now), issues: now.issues };
}
