import { validSyncs } from '../../control/index.ts';
import { FozError, type SourceName } from '../../core/index.ts';
import {
  ChangeLogStore,
  type Claim,
  failureFields,
  SyncStore,
  syncKind,
  TriggerStore,
} from '../../store/index.ts';
import { changesOf } from '../../views/index.ts';
import {
  type Comparison,
  type DifferenceReport,
  differencesOf,
  Expressions,
  type PresentSync,
  type ResolvedSync,
  Syncer,
  tablesOf,
} from '../../workflow/index.ts';
import type { ChangeWorkOptions } from './change-work-options.ts';
import { DurableReaders } from './durable-readers.ts';
import { type FollowedTable, FollowedTables } from './followed-tables.ts';
import type { Work } from './work.ts';

/** Milliseconds between two looks at tables that could not be followed. */
const againMs = 15_000;
/** Milliseconds between two removals of what is known of syncs that are gone. */
const forgetMs = 3_600_000;
/** Milliseconds before another process takes over a sync that this one has left. */
const leftMs = 500;

/** The syncs of this process: follows their sources, and works on those whose jobs it has claimed. */
export class SyncWork {
  readonly store: SyncStore;
  readonly #options: ChangeWorkOptions;
  readonly #log: ChangeLogStore;
  readonly #durable: DurableReaders;
  readonly #expressions = new Expressions();
  readonly #followed = new Map<SourceName, FollowedTables>();
  readonly #present = new Map<string, PresentSync>();
  readonly #running = new Set<Promise<void>>();
  readonly #waiting = new Set<() => void>();
  readonly #end = new AbortController();
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;
  #syncing: Promise<void> = Promise.resolve();
  #forgetAt = 0;

  constructor(options: ChangeWorkOptions) {
    const { work, graphs } = options;
    this.#options = options;
    this.store = new SyncStore(work.store, work.jobs);
    this.#log = new ChangeLogStore(work.store);
    this.#durable = new DurableReaders({ ...options, store: new TriggerStore(work.store) });
    work.worker.handle(syncKind, (claim, signal) => this.#claimed(claim, signal));
    this.#stopListening = graphs.onSwap(() => this.#use());
    this.#timer = setInterval(() => this.#use(), againMs).unref();
    this.#use();
  }

  /** The present state of a sync. */
  present(name: string): PresentSync {
    const known = this.#present.get(name);
    if (known === undefined)
      return this.#options.isRead()
        ? { kind: 'gone' }
        : { kind: 'stopped', problem: 'Foz is starting.', isBroken: false };
    if (known.kind !== 'ready') return known;
    for (const { table } of followedSides(known.sync)) {
      const problem = this.#followed.get(table.source.name)?.problemOf(table) ?? null;
      if (problem !== null) return { kind: 'stopped', problem, isBroken: false };
    }
    return known;
  }

  /** Compares the tables of a sync from a place on, and writes nothing. */
  async differences(name: string, after: Comparison | null, signal: AbortSignal): Promise<DifferenceReport> {
    const present = this.#present.get(name);
    if (present?.kind !== 'ready')
      throw new FozError('unavailable', present?.kind === 'stopped' ? present.problem : 'Foz is starting.');
    const { sync, connectors } = present;
    return differencesOf(tablesOf(sync, connectors, this.#expressions, this.store), after, signal);
  }

  async close(): Promise<void> {
    this.#end.abort();
    clearInterval(this.#timer);
    this.#stopListening();
    await this.#syncing;
    await Promise.all(this.#running);
    for (const followed of this.#followed.values()) followed.close();
    this.#followed.clear();
    await this.#log.close();
    await this.#expressions.close();
  }

  /** Uses the syncs of the present metadata. */
  #use(): void {
    if (this.#end.signal.aborted) return;
    this.#resolve();
    this.#syncing = this.#syncing.then(async () => {
      if (this.#end.signal.aborted) return;
      await this.#follow().catch((error: unknown) =>
        this.#options.log.warn(failureFields(error), 'syncs could not be prepared and are tried again'),
      );
    });
  }

  #resolve(): void {
    const { graphs, registry } = this.#options;
    this.#present.clear();
    for (const { definition, sync, problem, isBroken } of validSyncs(graphs.metadata, graphs.catalog)) {
      const left = registry.find(definition.left.source);
      const right = registry.find(definition.right.source);
      const off = sync && followedSides(sync).find(({ table }) => this.#isOff(table.source.name));
      if (sync === null || left === undefined || right === undefined)
        this.#present.set(definition.name, {
          kind: 'stopped',
          problem: problem ?? 'A source is not attached.',
          isBroken,
        });
      else if (off)
        this.#present.set(definition.name, {
          kind: 'stopped',
          problem: `The source ${off.table.source.name} is not followed (changes: off).`,
          isBroken: false,
        });
      else {
        const connectors = { left: left.connector, right: right.connector };
        this.#present.set(definition.name, { kind: 'ready', sync, connectors });
      }
    }
  }

  async #follow(): Promise<void> {
    const { feeds } = this.#options;
    const names = [...this.#present.keys()];
    if (names.length > 0) await this.store.use(names);
    const sources = this.#tablesBySource();
    for (const [source, tables] of sources) {
      const followed = this.#followed.get(source) ?? new FollowedTables(source, feeds, () => this.#wake());
      this.#followed.set(source, followed);
      followed.use([...tables.values()], await this.#durable.of(source));
    }
    for (const [source, followed] of this.#followed)
      if (!sources.has(source)) {
        this.#followed.delete(source);
        followed.close();
      }
    await this.#forgetUnknown();
  }

  async #forgetUnknown(): Promise<void> {
    const { graphs, isRead } = this.#options;
    if (!isRead() || Date.now() < this.#forgetAt) return;
    this.#forgetAt = Date.now() + forgetMs;
    await this.store.removeUnused((graphs.metadata.syncs ?? []).map(({ name }) => name));
  }

  #tablesBySource(): ReadonlyMap<SourceName, ReadonlyMap<string, FollowedTable>> {
    const sources = new Map<SourceName, Map<string, FollowedTable>>();
    for (const present of this.#present.values())
      if (present.kind === 'ready')
        for (const { table, key } of followedSides(present.sync)) {
          const tables = sources.get(table.source.name) ?? new Map<string, FollowedTable>();
          sources.set(table.source.name, tables);
          const old = [...new Set([...(tables.get(table.id)?.old ?? []), ...key])];
          tables.set(table.id, { table, old });
        }
    return sources;
  }

  #isOff(source: SourceName): boolean {
    const config = this.#options.registry.find(source)?.config;
    return config !== undefined && changesOf(config).method === 'off';
  }

  async #claimed(claim: Claim, signal: AbortSignal): Promise<void> {
    const name = claim.queue.slice(syncKind.length + 1);
    const running = this.#work(claim, name, AbortSignal.any([signal, this.#end.signal]));
    this.#running.add(running);
    await running.finally(() => this.#running.delete(running));
  }

  async #work(claim: Claim, name: string, signal: AbortSignal): Promise<void> {
    const syncer = new Syncer(
      {
        ...{ store: this.store, log: this.#log, expressions: this.#expressions, report: this.#options.log },
        present: (one) => this.present(one),
        wait: (ms, end) => this.#wait(ms, end),
      },
      claim,
      name,
    );
    const isGone = await syncer.run(signal);
    await this.store.leave(claim, isGone, leftMs);
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}

/** The sides whose changes a sync reads. */
function followedSides({ isBoth, left, right }: ResolvedSync) {
  return isBoth ? [left, right] : [left];
}

/** The syncs of this process; `null`: it has no store. */
export function syncsOf(
  attached: Pick<ChangeWorkOptions, 'graphs' | 'registry'>,
  { work, ...rest }: Pick<ChangeWorkOptions, 'feeds' | 'isRead' | 'log'> & { readonly work: Work | null },
): SyncWork | null {
  const { graphs, registry } = attached;
  return work === null ? null : new SyncWork({ work, graphs, registry, ...rest });
}
