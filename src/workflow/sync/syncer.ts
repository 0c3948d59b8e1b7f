import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../../core/index.ts';
import { prepareImages } from '../../execute/index.ts';
import type { Connector } from '../../plan/index.ts';
import {
  type ChangeLogStore,
  type Claim,
  failureFields,
  type StoredSync,
  type SyncStore,
  type SyncUpdate,
} from '../../store/index.ts';
import type { Expressions } from '../expressions/index.ts';
import type { WorkLog } from '../jobs/index.ts';
import { ChangedKeyReader, type LogMark } from './changed-keys.ts';
import { beginComparison, type Comparison, nextPage } from './comparison.ts';
import type { SideName } from './definition.ts';
import { Reconciler } from './reconciler.ts';
import type { ResolvedSync } from './resolve.ts';
import { type SyncTables, tablesOf } from './tables.ts';

/** Milliseconds between two looks where nothing happens. */
const idleMs = 1_000;
/** Milliseconds before a failure is tried again. */
const failedMs = 2_000;
/** Most keys that are brought in step at once. */
const mostKeys = 500;

/** A sync that can be worked on now, or why it cannot. */
export type PresentSync =
  | {
      readonly kind: 'ready';
      readonly sync: ResolvedSync;
      readonly connectors: Readonly<Record<SideName, Connector>>;
    }
  /** `isBroken`: its tables do not fit, so what they hold later may not be what was agreed. */
  | { readonly kind: 'stopped'; readonly problem: string; readonly isBroken: boolean }
  /** The metadata does not have it. */
  | { readonly kind: 'gone' };

export interface SyncerOptions {
  readonly store: SyncStore;
  readonly log: Pick<ChangeLogStore, 'read' | 'segments'>;
  readonly expressions: Expressions;
  /** The present state of a sync. While nothing has changed, it is the same object. */
  readonly present: (name: string) => PresentSync;
  /** Resolves when changes may have been recorded, or after a time. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly report: WorkLog;
}

interface Progress {
  readonly shape: string;
  readonly marks: { readonly [Side in SideName]?: LogMark };
  readonly comparison: Comparison | null;
}

/** The parts that work on a sync as long as neither it nor its tables change. */
interface Machine extends SyncTables {
  readonly present: PresentSync;
  readonly reconciler: Reconciler;
  readonly readers: readonly (readonly [SideName, ChangedKeyReader])[];
}

/** Keeps one sync going under a claim, until the signal aborts. */
export class Syncer {
  readonly #options: SyncerOptions;
  readonly #claim: Claim;
  readonly #name: string;
  #machine: Machine | null = null;
  #progress: Progress | null = null;
  #stored: StoredSync | null = null;

  constructor(options: SyncerOptions, claim: Claim, name: string) {
    this.#options = options;
    this.#claim = claim;
    this.#name = name;
  }

  /** Resolves with whether the sync is gone. Rejects with FozError `conflict` where another process has the claim. */
  async run(signal: AbortSignal): Promise<boolean> {
    const { wait, present } = this.#options;
    while (!signal.aborted) {
      const now = present(this.#name);
      if (now.kind === 'gone') return true;
      try {
        const isBusy = now.kind === 'stopped' ? await this.#stop(now) : await this.#step(now, signal);
        if (!isBusy) await wait(idleMs, signal);
      } catch (error) {
        if (signal.aborted) break;
        await this.#fail(error);
        await sleep(failedMs, undefined, { signal }).catch(() => {});
      }
    }
    return false;
  }

  async #stop({ problem, isBroken }: Extract<PresentSync, { kind: 'stopped' }>): Promise<false> {
    this.#stored = await this.#options.store.read(this.#name);
    const progress = readProgress(this.#stored?.progress ?? null);
    // A column that is there again may have lost its values: they must not count as changes.
    if (isBroken && progress !== null && progress.shape !== '')
      await this.#store({ ...progress, shape: '' }, {});
    await this.#update({ state: 'stopped', problem });
    return false;
  }

  /** Notes a failure, which is tried again. Throws where the claim is lost. */
  async #fail(error: unknown): Promise<void> {
    const problem = error instanceof Error ? error.message : String(error);
    for (const [, reader] of this.#machine?.readers ?? []) reader.repeat();
    this.#progress = null;
    if (this.#stored?.problem !== problem)
      this.#options.report.warn(
        { sync: this.#name, ...failureFields(error) },
        'a sync has failed and is tried again',
      );
    // A store that does not answer cannot note it either.
    await this.#update({ problem }).catch((failure: unknown) => {
      if (failure instanceof FozError && failure.code === 'conflict') throw failure;
    });
  }

  /** Resolves with whether there may be more to do at once. */
  async #step(present: Extract<PresentSync, { kind: 'ready' }>, signal: AbortSignal): Promise<boolean> {
    const { store } = this.#options;
    this.#stored = await store.read(this.#name);
    if (this.#stored === null) return false;
    if (this.#stored.paused) return false;
    const machine = this.#machineOf(present);
    const progress = await this.#begin(machine, signal);
    if (progress === null) return false;
    let isBusy = false;
    for (const [side, reader] of machine.readers)
      isBusy = (await this.#follow(machine, side, reader, signal)) || isBusy;
    const due = await machine.reconciler.due(mostKeys);
    await machine.reconciler.reconcile(due, signal);
    if (this.#progress?.comparison) isBusy = (await this.#compare(machine, signal)) || isBusy;
    return isBusy;
  }

  #machineOf(present: Extract<PresentSync, { kind: 'ready' }>): Machine {
    if (this.#machine?.present === present) return this.#machine;
    const { sync, connectors } = present;
    const { store, expressions, log } = this.#options;
    const tables = tablesOf(sync, connectors, expressions, store);
    const followed = sync.isBoth ? (['left', 'right'] as const) : (['left'] as const);
    const readers = followed.map((name) => {
      const images = prepareImages(connectors[name], sync[name].table);
      return [name, new ChangedKeyReader({ sync, side: sync[name], log, images })] as const;
    });
    const reconciler = new Reconciler({ ...tables, claim: this.#claim });
    this.#machine = { ...tables, present, reconciler, readers };
    this.#progress = null;
    return this.#machine;
  }

  /** Goes on where the store says, or begins. Resolves with `null` while changes are not recorded yet. */
  async #begin(machine: Machine, signal: AbortSignal): Promise<Progress | null> {
    const { store } = this.#options;
    const { shape } = machine.sync;
    const isAsked = this.#stored!.compare;
    this.#progress ??= readProgress(this.#stored!.progress);
    const known = this.#progress;
    const isSame = known?.shape === shape;
    if (isSame && !isAsked && machine.readers.every(([side]) => known.marks[side] !== undefined))
      return known;
    const marks: { [Side in SideName]?: LogMark } = {};
    for (const [side, reader] of machine.readers) {
      const end = await reader.end();
      if (end === null) {
        await this.#update({ state: 'starting', problem: null });
        return null;
      }
      // The position in the log stays: a comparison does not replace it.
      marks[side] = (isSame ? known.marks[side] : undefined) ?? end;
    }
    if (known !== null && !isSame) await store.forgetPrints(this.#claim, this.#name);
    const progress = { shape, marks, comparison: await beginComparison(machine, signal) };
    await this.#store(progress, { state: 'comparing', problem: null });
    if (isAsked) await store.takeCompare(this.#claim, this.#name);
    return progress;
  }

  /** Brings the rows in step that have changed on a side. */
  async #follow(
    machine: Machine,
    side: SideName,
    reader: ChangedKeyReader,
    signal: AbortSignal,
  ): Promise<boolean> {
    const progress = this.#progress;
    const mark = progress?.marks[side];
    if (progress === null || mark === undefined) return false;
    const found = await reader.next(mark);
    if (found === null) {
      if (this.#stored!.lagMs !== 0 || this.#stored!.problem !== null)
        await this.#update({ lagMs: 0, problem: null, ...stateOf(progress) });
      return false;
    }
    if (found === 'gap') {
      const { [side]: _, ...marks } = progress.marks;
      await this.#store({ ...progress, marks }, {});
      return true;
    }
    for (let at = 0; at < found.keys.length; at += mostKeys)
      await machine.reconciler.reconcile(found.keys.slice(at, at + mostKeys), signal);
    const lag = found.at === null ? {} : { lagMs: Math.max(0, Date.now() - found.at) };
    await this.#store(
      { ...progress, marks: { ...progress.marks, [side]: found.mark } },
      { ...lag, problem: null, ...stateOf(progress) },
    );
    return true;
  }

  /** Brings the next page of the whole tables in step. */
  async #compare(machine: Machine, signal: AbortSignal): Promise<boolean> {
    const progress = this.#progress!;
    const { keys, next } = await nextPage(machine, progress.comparison!, signal);
    await machine.reconciler.reconcile(keys, signal);
    const after = { ...progress, comparison: next };
    await this.#store(after, { problem: null, ...stateOf(after) });
    return true;
  }

  async #store(progress: Progress, update: SyncUpdate): Promise<void> {
    await this.#update({ ...update, progress: JSON.stringify(progress) });
    this.#progress = progress;
  }

  async #update(update: SyncUpdate): Promise<void> {
    const { state, problem } = this.#stored ?? {};
    const isKnown =
      Object.keys(update).every((name) => name === 'state' || name === 'problem') &&
      (update.state ?? state) === state &&
      (update.problem === undefined || update.problem === problem);
    if (isKnown) return;
    await this.#options.store.update(this.#claim, this.#name, update);
    if (this.#stored !== null) this.#stored = { ...this.#stored, ...stripped(update) };
  }
}

function stripped({ state, problem, lagMs }: SyncUpdate): Partial<StoredSync> {
  return {
    ...(state === undefined ? {} : { state }),
    ...(problem === undefined ? {} : { problem }),
    ...(lagMs === undefined ? {} : { lagMs }),
  };
}

function stateOf({ comparison }: Progress): { readonly state: StoredSync['state'] } {
  return { state: comparison === null ? 'following' : 'comparing' };
}

/** How far the comparison of a stored sync is; `null`: none is under way. */
export function comparisonOf({ progress }: Pick<StoredSync, 'progress'>): Comparison | null {
  return readProgress(progress)?.comparison ?? null;
}

function readProgress(text: string | null): Progress | null {
  return text === null ? null : (JSON.parse(text) as Progress);
}
