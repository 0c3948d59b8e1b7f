import { setTimeout as sleep } from 'node:timers/promises';
import type { Metadata, SourceFacts, TableFacts } from '../../catalog/index.ts';
import { FozError, type SourceName } from '../../core/index.ts';
import type { Connector } from '../../plan/index.ts';
import type { SourceConfig } from '../config.ts';
import { CheckSchedule, standardCheckSeconds } from './check-schedule.ts';
import { drained } from './drained.ts';
import { enumCandidates, type WantedEnums, wantedEnums, withEnumRows } from './enum-tables.ts';
import { failureWords } from './failure-words.ts';
import type { StoredCatalog } from './stored-catalog.ts';

/** Whether a source is available, and since when. */
export type SourceStatus =
  | { readonly state: 'starting' }
  | { readonly state: 'available'; readonly since: Date }
  | { readonly state: 'unavailable'; readonly since: Date; readonly reason: string };

/** An attached source of the running server. */
export interface AttachedSource {
  readonly name: SourceName;
  readonly config: SourceConfig;
  readonly connector: Connector;
  /** The revision in the store; `null`: the configuration file declares the source. */
  readonly revision: number | null;
  status: SourceStatus;
  facts: SourceFacts | null;
  /** The last introspection and its duration; `null`: none by this process. */
  reading: { readonly at: Date; readonly milliseconds: number } | null;
}

/** A source to be attached. `revision`: absent for sources of the configuration file. */
export interface NewSource extends Pick<AttachedSource, 'name' | 'config' | 'connector'> {
  readonly revision?: number;
}

/** The delay before the first retry. It doubles with each failure, up to the longest one. */
const retryMs = { first: 500, most: 15_000 };
const healthMs = 5_000;
const introspectMs = 60_000;
/** With `start('some')`: the time for a source to connect, and then for a connected one to be introspected. */
const patienceMs = { connect: 2_000, read: 8_000 };

/** Introspects and watches all sources. Notifies listeners when their content has changed. */
export class SourceRegistry {
  readonly #sources: AttachedSource[];
  readonly #stored: StoredCatalog | null;
  readonly #listeners = new Set<() => void>();
  readonly #statusListeners = new Set<(source: AttachedSource) => void>();
  readonly #timers = new Map<AttachedSource, NodeJS.Timeout>();
  /** Sources with a check or introspection in progress. */
  readonly #checking = new Set<AttachedSource>();
  readonly #changes = new WeakMap<AttachedSource, CheckSchedule>();
  /** Introspections in progress because a statement failed. */
  readonly #rechecking = new Map<AttachedSource, Promise<void>>();
  /** Connectors of removed sources whose statements have not ended yet. */
  readonly #retiring = new Set<Connector>();
  #wanted: WantedEnums = new Map();
  #closed = false;
  #isStoredFailing = false;

  readonly #checkSeconds: number;

  /** `checkSeconds`: seconds between two checks for schema changes, on sources without a setting of their own. */
  constructor(
    sources: readonly NewSource[],
    stored: StoredCatalog | null,
    checkSeconds: number = standardCheckSeconds,
  ) {
    this.#sources = sources.map(attached);
    this.#stored = stored;
    this.#checkSeconds = checkSeconds;
  }

  /** Sources of the configuration file in its order, then those of the store by name. */
  get sources(): readonly AttachedSource[] {
    return this.#sources;
  }

  find(name: string): AttachedSource | undefined {
    return this.#sources.find((source) => source.name === name);
  }

  /** Sets the enum tables whose rows are read from the next introspection on. */
  wantEnums(metadata: Metadata): void {
    this.#wanted = wantedEnums(metadata);
  }

  /** As `wantEnums`, and introspects sources that lack such rows. One that cannot be read now stays as it is. */
  async readEnums(metadata: Metadata): Promise<void> {
    this.wantEnums(metadata);
    const lacking = this.#sources.filter(({ name, facts }) => {
      const read = facts?.enumTables ?? [];
      const has = (table: TableFacts) =>
        read.some((one) => one.table === table.name && one.namespace === table.namespace);
      return facts !== null && !enumCandidates(facts, this.#wanted, name).every(has);
    });
    await Promise.allSettled(lacking.map(({ name }) => this.refresh(name)));
  }

  /** Attaches a source, or replaces the one of its name. Statements on the former connector run to their end. */
  async put(source: NewSource): Promise<AttachedSource> {
    const added = attached(source);
    const at = this.#sources.findIndex(({ name }) => name === source.name);
    const former = at < 0 ? null : this.#sources[at]!;
    if (former === null) this.#insert(added);
    else this.#sources[at] = added;
    added.facts = former?.facts ?? null;
    // If the database does not answer, introspection continues in the background.
    const first = this.#first(added, true);
    const inTime = await Promise.race([first, sleep(patienceMs.read, false, { ref: false })]);
    // `#first` notifies the listeners when it has read the facts. If it failed or is late, they are notified now: the source has another
    // connector already.
    if (!inTime && this.#sources.includes(added)) this.#notify();
    if (former !== null) this.#retire(former);
    return added;
  }

  /** Removes a source, if it exists. Statements on it run to their end. */
  remove(name: SourceName): void {
    const at = this.#sources.findIndex((source) => source.name === name);
    if (at < 0) return;
    const [former] = this.#sources.splice(at, 1);
    this.#keepStored(name, (stored) => stored.remove(name));
    this.#retire(former!);
    this.#notify();
  }

  #insert(added: AttachedSource): void {
    const after = this.#sources.findIndex(({ revision, name }) => revision !== null && name > added.name);
    this.#sources.splice(after < 0 ? this.#sources.length : after, 0, added);
  }

  #retire(source: AttachedSource): void {
    clearTimeout(this.#timers.get(source));
    this.#timers.delete(source);
    const { connector } = source;
    this.#retiring.add(connector);
    void drained(connector)
      .then(() => connector.close())
      .catch((error: unknown) =>
        process.emitWarning(`Closing the connections to ${source.name} failed: ${error}`),
      )
      .finally(() => this.#retiring.delete(connector));
  }

  /** Calls the listener after the facts of a source have changed. Returns a function that removes it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls the listener after a source was lost or is back. Returns a function that removes it. */
  onStatus(listener: (source: AttachedSource) => void): () => void {
    this.#statusListeners.add(listener);
    return () => void this.#statusListeners.delete(listener);
  }

  /**
   * Introspects all sources at once. A source that is down is served from the stored catalog, and retried. With
   * `some`, this also applies to a remote source that does not answer within 2 s, as soon as any other source is
   * ready.
   */
  async start(wait: 'all' | 'some' = 'all'): Promise<void> {
    const firsts = new Map(this.#sources.map((source) => [source, this.#first(source)]));
    const all = Promise.all(firsts.values());
    await (wait === 'all' ? all : Promise.race([all, this.#some(firsts)]));
    for (const source of this.#sources) {
      if (source.status.state !== 'starting') continue;
      source.facts = this.#stored?.read(source.name) ?? null;
      this.#lost(source, new FozError('unavailable', 'The source did not answer while Foz was starting.'));
    }
  }

  async #some(firsts: ReadonlyMap<AttachedSource, Promise<boolean>>): Promise<void> {
    await sleep(patienceMs.connect, undefined, { ref: false });
    const coming = [...firsts].filter(
      ([{ config, connector }]) => config.url === undefined || connector.pool().size > 0,
    );
    const read = Promise.all(coming.map(([, first]) => first));
    await Promise.race([read, sleep(patienceMs.read, undefined, { ref: false })]);
    await new Promise<void>((resolve) => {
      for (const first of firsts.values()) void first.then((available) => available && resolve());
    });
  }

  /** Introspects a new source. Returns whether that succeeded. `isOther`: report a change even if the tables are the same. */
  async #first(source: AttachedSource, isOther = false): Promise<boolean> {
    try {
      const changed = await this.#introspect(source);
      this.#watch(source, this.#healthMs(source));
      if ((changed || isOther) && this.#sources.includes(source)) this.#notify();
      return true;
    } catch (error) {
      source.facts ??= this.#stored?.read(source.name) ?? null;
      this.#lost(source, error);
      this.#watch(source, retryMs.first);
      return false;
    }
  }

  /**
   * Called when a statement failed with `unavailable`. The source is checked now, not at its next turn. If it has no
   * connection left, it counts as unavailable until then. Cheap when called often.
   */
  failed(name: SourceName, error: FozError): void {
    const source = this.find(name);
    if (source?.status.state !== 'available' || this.#checking.has(source)) return;
    clearTimeout(this.#timers.get(source));
    if (source.connector.pool().size === 0) this.#lost(source, error);
    void this.#check(source, retryMs.first / 2);
  }

  /**
   * Called when a statement failed because the schema differs from the catalog. Introspects the source, once for all
   * concurrent callers. Skipped if an introspection has found no change a moment ago. Never rejects.
   */
  recheckSchema(name: SourceName): Promise<void> {
    const source = this.find(name);
    if (source?.status.state !== 'available') return Promise.resolve();
    const running = this.#rechecking.get(source);
    if (running !== undefined) return running;
    const changes = this.#changesOf(source);
    if (!changes.mayRecheck()) return Promise.resolve();
    const reading = this.#introspect(source)
      .then(
        (changed) => {
          if (changed) this.#notify();
        },
        () => changes.failed(),
      )
      .finally(() => this.#rechecking.delete(source));
    this.#rechecking.set(source, reading);
    return reading;
  }

  #changesOf(source: AttachedSource): CheckSchedule {
    let changes = this.#changes.get(source);
    if (changes === undefined) {
      changes = new CheckSchedule(source.config.schema_check_seconds ?? this.#checkSeconds);
      this.#changes.set(source, changes);
    }
    return changes;
  }

  #healthMs(source: AttachedSource): number {
    const changes = this.#changesOf(source);
    return changes.hasChecks ? Math.min(healthMs, changes.everyMs) : healthMs;
  }

  /** Introspects one source again. Rejects with FozError when it cannot be reached; its facts then stay in use. */
  async refresh(name: SourceName): Promise<{ readonly changed: boolean }> {
    const source = this.named(name);
    const changed = await this.#introspect(source);
    if (changed) this.#notify();
    return { changed };
  }

  /** The current facts of a source, without using them. Rejects with FozError when it cannot be reached. */
  currentFacts(name: string): Promise<SourceFacts> {
    return factsOf(this.named(name), this.#wanted);
  }

  /** The source of this name. Throws FozError `not-found`. */
  named(name: string): AttachedSource {
    const source = this.find(name);
    if (source === undefined) throw new FozError('not-found', `There is no source "${name}".`);
    return source;
  }

  async #introspect(source: AttachedSource): Promise<boolean> {
    const changes = this.#changesOf(source);
    // The check comes before the introspection, so that the next check detects a change in between.
    const hint = changes.hasChecks
      ? await source.connector.changeHint(AbortSignal.timeout(introspectMs))
      : null;
    const started = performance.now();
    const facts = await factsOf(source, this.#wanted);
    const milliseconds = performance.now() - started;
    source.reading = { at: new Date(), milliseconds: Math.round(milliseconds) };
    if (source.status.state !== 'available')
      this.#setStatus(source, { state: 'available', since: new Date() });
    const changed = JSON.stringify(facts) !== JSON.stringify(source.facts);
    source.facts = facts;
    changes.read(hint, milliseconds, changed);
    if (changed && this.#sources.includes(source))
      this.#keepStored(source.name, (stored) => stored.write(source.name, facts));
    return changed;
  }

  /**
   * Changes the stored catalog of a source. Where the folder cannot be written, the source cannot be served from its catalog while it is
   * down. That is logged once.
   */
  #keepStored(name: SourceName, change: (stored: StoredCatalog) => void): void {
    if (this.#stored === null) return;
    try {
      change(this.#stored);
      this.#isStoredFailing = false;
    } catch (error) {
      if (!this.#isStoredFailing)
        process.emitWarning(`The catalog of source ${name} is not stored: ${(error as Error).message}`);
      this.#isStoredFailing = true;
    }
  }

  #lost(source: AttachedSource, error: unknown): void {
    if (source.status.state === 'unavailable') return;
    this.#setStatus(source, { state: 'unavailable', since: new Date(), reason: failureWords(error) });
  }

  #setStatus(source: AttachedSource, status: SourceStatus): void {
    source.status = status;
    if (!this.#closed && this.#sources.includes(source))
      for (const listener of this.#statusListeners) listener(source);
  }

  #watch(source: AttachedSource, delayMs: number): void {
    if (this.#closed || !this.#sources.includes(source)) return;
    const timer = setTimeout(() => void this.#check(source, delayMs), delayMs);
    timer.unref();
    this.#timers.set(source, timer);
  }

  /**
   * Checks an available source by a ping or for schema changes. A lost one is introspected, since it may have
   * changed meanwhile.
   */
  async #check(source: AttachedSource, delayMs: number): Promise<void> {
    const before = source.status.state;
    this.#checking.add(source);
    try {
      if (before !== 'available' || (await this.#seemsChanged(source)))
        if (await this.#introspect(source)) this.#notify();
      this.#watch(source, this.#healthMs(source));
    } catch (error) {
      this.#lost(source, error);
      this.#watch(source, before === 'available' ? retryMs.first : Math.min(delayMs * 2, retryMs.most));
    } finally {
      this.#checking.delete(source);
    }
  }

  /** Checks the source. Rejects with FozError if it does not answer. */
  async #seemsChanged(source: AttachedSource): Promise<boolean> {
    const changes = this.#changesOf(source);
    const signal = AbortSignal.timeout(healthMs);
    if (changes.isDue()) return changes.checked(await source.connector.changeHint(signal));
    await source.connector.ping(signal);
    return false;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.allSettled(
      [...this.#sources.map(({ connector }) => connector), ...this.#retiring].map((connector) =>
        connector.close(),
      ),
    );
  }
}

function attached({ name, config, connector, revision }: NewSource): AttachedSource {
  return {
    name,
    config,
    connector,
    revision: revision ?? null,
    status: { state: 'starting' },
    facts: null,
    reading: null,
  };
}

/** The facts of a database, within the patterns of its configuration. Rejects with FozError. */
export async function factsOf(
  { name, config, connector }: Pick<AttachedSource, 'name' | 'config' | 'connector'>,
  wanted: WantedEnums = new Map(),
): Promise<SourceFacts> {
  const patterns = (given: SourceConfig['tables']) => ({
    include: given?.include ?? [],
    exclude: given?.exclude ?? [],
  });
  const options = { namespaces: patterns(config.namespaces), tables: patterns(config.tables) };
  const facts = await connector.introspect(options, AbortSignal.timeout(introspectMs));
  return withEnumRows(facts, enumCandidates(facts, wanted, name), name, connector);
}
