import { FozError } from '../../core/index.ts';
import { beginComparison, type Comparison, nextPage } from './comparison.ts';
import type { Decision } from './decide.ts';
import { KeyStates, type ReadKey, shownRow } from './key-states.ts';
import type { SyncKey } from './keys.ts';
import type { SyncTables } from './tables.ts';

/** Pages of whole tables that one report looks at. */
const mostPages = 10;

/** A row that is not in step. */
export interface Difference {
  /** JSON. */
  readonly key: string;
  /** The action of a repair: `insert right`, `update left`, `delete right` ...; `merge`; `ask`: somebody has to decide. */
  readonly action: string;
  /** JSON; `null`: there is no row. */
  readonly left: string | null;
  readonly right: string | null;
}

/** A part of the report about the differences of two tables. */
export interface DifferenceReport {
  readonly entries: readonly Difference[];
  /** Where the report goes on; `null`: it is at its end. */
  readonly next: Comparison | null;
  readonly done: number;
  readonly total: number;
}

/** Compares the next pages of the two tables, and writes nothing. `after`: `null`: from the start. */
export async function differencesOf(
  tables: SyncTables,
  after: Comparison | null,
  signal: AbortSignal,
): Promise<DifferenceReport> {
  const { sync } = tables;
  const states = new KeyStates(tables);
  let at: Comparison | null = after ?? (await beginComparison(tables, signal));
  const { total } = at;
  const entries: Difference[] = [];
  let done = at.done;
  for (let page = 0; at !== null && page < mostPages; page++) {
    const { phase }: Comparison = at;
    const { keys, next } = await nextPage(tables, at, signal);
    done = next?.done ?? at.done + keys.length;
    for await (const read of inParts(states, keys, signal)) {
      const action = actionOf(read, states.decide(read));
      // A row that both sides have was reported with the left one.
      if (action === null || (phase !== 'left' && read.left !== null)) continue;
      const { left, right } = read;
      entries.push({
        ...{ key: read.key.text, action },
        left: left === null ? null : shownRow(sync, 'left', left.values),
        right: right === null ? null : shownRow(sync, 'right', right.values),
      });
    }
    at = next;
  }
  return { entries, next: at, done: Math.min(done, total), total };
}

/** Reads keys, and those of large rows in smaller parts. */
async function* inParts(
  states: KeyStates,
  keys: readonly SyncKey[],
  signal: AbortSignal,
): AsyncGenerator<ReadKey> {
  let found: readonly ReadKey[];
  try {
    found = await states.read(keys, signal);
  } catch (error) {
    if (!(error instanceof FozError) || error.code !== 'limit-exceeded' || keys.length < 2) throw error;
    const middle = Math.ceil(keys.length / 2);
    yield* inParts(states, keys.slice(0, middle), signal);
    yield* inParts(states, keys.slice(middle), signal);
    return;
  }
  yield* found;
}

function actionOf(read: ReadKey, decision: Decision): string | null {
  if (decision.kind === 'nothing' || decision.kind === 'agree') return null;
  if (decision.kind !== 'write') return decision.kind;
  const { to } = decision;
  if (read[to] === null) return `insert ${to}`;
  return `${read[to === 'left' ? 'right' : 'left'] === null ? 'delete' : 'update'} ${to}`;
}
