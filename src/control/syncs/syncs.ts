import { didYouMean } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Actor, StoredSync, SyncProblem, SyncStore } from '../../store/index.ts';
import type { Graphs } from '../../views/index.ts';
import { type Comparison, comparisonOf, type DifferenceReport } from '../../workflow/index.ts';
import { audited } from '../audited.ts';
import { type ControlPlane, requirePlane } from '../plane.ts';
import { syncIssues } from './issues.ts';

/** The syncs of this process. */
export interface LiveSyncs {
  readonly store: SyncStore;
  /** Compares the tables of a sync from a place on, and writes nothing. Rejects with FozError. */
  differences(name: string, after: Comparison | null, signal: AbortSignal): Promise<DifferenceReport>;
}

/** Who acts on syncs. */
export interface SyncControl {
  readonly plane: ControlPlane | null;
  /** `null`: there is no store. */
  readonly syncs: LiveSyncs | null;
  readonly graphs: Pick<Graphs, 'metadata' | 'catalog'>;
  readonly actor: Actor;
}

type Reading = Omit<SyncControl, 'actor'>;

/** A sync of the metadata with its state. */
export interface SyncDescription {
  readonly name: string;
  readonly description: string | null;
  readonly direction: string;
  readonly left: string;
  readonly right: string;
  readonly faults: readonly string[];
  /** `null`: it was never begun. */
  readonly state: StoredSync | null;
  /** The comparison of whole tables that is under way; `null`: none is. */
  readonly comparison: Comparison | null;
  readonly definition: unknown;
}

/** Most problems of a page. */
const mostProblems = 1_000;
/** Milliseconds that one part of a report may take. */
const reportMs = 60_000;

/** The syncs of the metadata, also faulty ones. */
export async function describeSyncs(control: Reading): Promise<readonly SyncDescription[]> {
  const { store } = requireSyncs(control);
  const { metadata, catalog } = control.graphs;
  const issues = syncIssues(metadata, catalog);
  const states = new Map((await store.list()).map((one) => [one.name, one]));
  return (metadata.syncs ?? []).map((entry, index) => {
    const state = states.get(entry.name) ?? null;
    return {
      name: entry.name,
      description: typeof entry.description === 'string' ? entry.description : null,
      direction: entry.direction === 'both' ? 'both' : 'to_right',
      left: sideText(entry.left),
      right: sideText(entry.right),
      faults: issues.filter(({ path }) => path?.[1] === index).map(({ reason }) => reason),
      state,
      comparison: state === null ? null : comparisonOf(state),
      definition: entry,
    };
  });
}

/** The next part of the report about the differences of a sync. `after`: the `next` of the part before. */
export async function syncDifferences(
  control: Reading,
  name: string,
  after: string | null,
): Promise<Omit<DifferenceReport, 'next'> & { readonly next: string | null }> {
  const live = requireSync(control, name);
  const place = after === null ? null : placeOf(after);
  const report = await live.differences(name, place, AbortSignal.timeout(reportMs));
  const next = report.next === null ? null : Buffer.from(JSON.stringify(report.next)).toString('base64url');
  return { ...report, next };
}

/** Has the whole tables compared and brought in step. */
export async function repairSync(control: SyncControl, name: string): Promise<void> {
  const { store } = requireSync(control, name);
  await audited(control, 'sync.repair', { name }, () => found(store.ask(name, { compare: true }), name));
}

/** Makes no changes until the sync is resumed, or goes on. */
export async function pauseSync(control: SyncControl, name: string, paused: boolean): Promise<void> {
  const { store } = requireSync(control, name);
  await audited(control, `sync.${paused ? 'pause' : 'resume'}`, { name }, () =>
    found(store.ask(name, { paused }), name),
  );
}

export interface SyncProblemPage {
  readonly entries: readonly SyncProblem[];
  /** Where the next page starts; `null`: this was the last one. */
  readonly next: string | null;
}

/** The rows of a sync that are not in step, by their keys. */
export async function syncProblems(
  control: Reading,
  name: string,
  after: string | null,
  limit: number,
): Promise<SyncProblemPage> {
  const { store } = requireSync(control, name);
  if (!(limit >= 1 && limit <= mostProblems))
    throw new FozError('validation-failed', `"limit" must be from 1 to ${mostProblems}.`);
  const problems = await store.problemsAfter(name, after ?? '', limit + 1);
  const entries = problems.slice(0, limit);
  return { entries, next: problems.length > limit ? entries.at(-1)!.key : null };
}

/** Decides conflicts for one side. `keys`: `null`: all of them. Resolves with their number. */
export async function resolveSyncConflicts(
  control: SyncControl,
  name: string,
  keys: readonly string[] | null,
  side: 'left' | 'right',
): Promise<number> {
  const { store } = requireSync(control, name);
  return audited(control, 'sync.resolve', { name, keys, side }, () => store.resolve(name, keys, side));
}

async function found(asked: Promise<boolean>, name: string): Promise<void> {
  if (!(await asked)) throw new FozError('unavailable', `The sync "${name}" has not begun yet.`);
}

function requireSyncs({ plane, syncs }: Reading): LiveSyncs {
  requirePlane(plane, 'to keep the state of syncs in');
  return syncs!;
}

function requireSync(control: Reading, name: string): LiveSyncs {
  const names = (control.graphs.metadata.syncs ?? []).map((one) => one.name);
  const live = requireSyncs(control);
  if (names.includes(name)) return live;
  throw new FozError('not-found', `There is no sync "${name}"${didYouMean(name, names)}.`);
}

/** `shop.customers`, also of a faulty entry. */
function sideText(side: unknown): string {
  const { source, table } = (side ?? {}) as { readonly source?: unknown; readonly table?: unknown };
  const name = typeof table === 'object' && table !== null ? Object.values(table).join('.') : table;
  return `${String(source)}.${String(name)}`;
}

const phases = ['left', 'right', 'known'];

/** Throws FozError `validation-failed` for a text that is no place. */
function placeOf(text: string): Comparison {
  try {
    const place = JSON.parse(Buffer.from(text, 'base64url').toString()) as Comparison;
    const isAfter = place.after === null || typeof place.after === 'string' || Array.isArray(place.after);
    if (phases.includes(place.phase) && isAfter && Number.isFinite(place.done)) return place;
  } catch {
    // The error below says that the text is no place.
  }
  throw new FozError('validation-failed', '"after" is no `next` of a report.');
}
