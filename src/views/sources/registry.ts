import { setTimeout as sleep } from 'node:timers/promises';
import type { Metadata, SourceFacts, TableFacts } from '../../catalog/index.ts';
import { FozError, type SourceName } from '../../core/index.ts';
import type { Connector } from '../../plan/index.ts';
import type { SourceConfig } from '../config.ts';
import { Changes, standardCheckSeconds } from './changes.ts';
import { enumCandidates, type WantedEnums, wantedEnums, withEnumRows } from './enum-tables.ts';
import type { StoredCatalog } from './stored-catalog.ts';

/** Whether a source serves, and since when it does not. */
export type SourceStatus =
  | { readonly state: 'starting' }
  | { readonly state: 'available'; readonly since: Date }
  | { readonly state: 'unavailable'; readonly since: Date; readonly reason: string };

/** One attached source while the server runs. */
export interface AttachedSource {
  readonly name: SourceName;
  readonly config: SourceConfig;
  readonly connector: Connector;
  /** Whether the configuration file declares it, or the store: then, at which revision. */
  readonly revision: number | null;
  status: SourceStatus;
  facts: SourceFacts | null;
  /** The last time that what it contains was read, and how long that took; `null`: it was never read by this process. */
  reading: { readonly at: Date; readonly milliseconds: number } | null;
}

/** A source that is to be attached. `revision`: absent for those of the configuration file. */
export interface NewSource extends Pick<AttachedSource, 'name' | 'config' | 'connector'> {
  readonly revision?: number;
}

/** First, then after each failure twice as long, up to the last. */
const retryMs = { first: 500, most: 15_000 };
const healthMs = 5_000;
const introspectMs = 60_000;
/** How long a start that does not wait for all gives a source to connect, and then one that has connected to be read. */
const patienceMs = { connect: 2_000, read: 8_000 };
/** How long what runs on a source that was taken away may go on. */
const drainMs = 30_000;

/** Keeps every source introspected and watched; tells when what they contain has changed. */
export class SourceRegistry {
  readonly #sources: AttachedSource[];
  readonly #stored: StoredCatalog | null;
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Map<AttachedSource, NodeJS.Timeout>();
  /** Being pinged or read anew. */
  readonly #checking = new Set<AttachedSource>();
  readonly #changes = new WeakMap<AttachedSource, Changes>();
  /** Being read because a statement has failed. */
  readonly #doubted = new Map<AttachedSource, Promise<void>>();
  /** Connectors of sources that were taken away, until what runs on them has ended. */
  readonly #retiring = new Set<Connector>();
  #wanted: WantedEnums = new Map();
  #closed = false;

  readonly #checkSeconds: number;

  /** `checkSeconds`: how often a source is looked at for a changed schema that does not say so itself. */
  constructor(
    sources: readonly NewSource[],
    stored: StoredCatalog | null,
    checkSeconds: number = standardCheckSeconds,
  ) {
    this.#sources = sources.map(attached);
    this.#stored = stored;
    this.#checkSeconds = checkSeconds;
  }

  /** Those of the configuration file in its order, then those of the store by name. */
  get sources(): readonly AttachedSource[] {
    return this.#sources;
  }

  find(name: string): AttachedSource | undefined {
    return this.#sources.find((source) => source.name === name);
  }

  /** Which tables are read with their rows from the next reading on. */
  wantEnums(metadata: Metadata): void {
    this.#wanted = wantedEnums(metadata);
  }

  /** As `wantEnums`, and reads sources again that lack such rows. One that cannot be read now is left as it is. */
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

  /** Attaches a source, or puts it in the place of the one of its name, whose statements run to their end. */
  async put(source: NewSource): Promise<AttachedSource> {
    const added = attached(source);
    const at = this.#sources.findIndex(({ name }) => name === source.name);
    const former = at < 0 ? null : this.#sources[at]!;
    if (former === null) this.#insert(added);
    else this.#sources[at] = added;
    added.facts = former?.facts ?? null;
    // Where the database is silent, this goes on behind the caller's back.
    const first = this.#first(added, true);
    const told = await Promise.race([first, sleep(patienceMs.read, false, { ref: false })]);
    // Its connector is another one, even where it cannot be read.
    if (!told && this.#sources.includes(added)) this.#tell();
    if (former !== null) this.#retire(former);
    return added;
  }

  /** Takes a source away; statements that run on it go on to their end. Nothing happens when there is none. */
  remove(name: SourceName): void {
    const at = this.#sources.findIndex((source) => source.name === name);
    if (at < 0) return;
    const [former] = this.#sources.splice(at, 1);
    this.#stored?.remove(name);
    this.#retire(former!);
    this.#tell();
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

  /** Called after facts of some source have changed; gives a function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Reads all sources at once. A source that is down is served from the stored catalog and tried again and again. Where not
   * `all` are waited for, one of another host that does not answer within 2 s is so too, as soon as any other one is there.
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

  /** Whether it could be read. `isOther`: what it serves is told to have changed, even when its tables have not. */
  async #first(source: AttachedSource, isOther = false): Promise<boolean> {
    try {
      const changed = await this.#introspect(source);
      this.#watch(source, this.#healthMs(source));
      if ((changed || isOther) && this.#sources.includes(source)) this.#tell();
      return true;
    } catch (error) {
      source.facts ??= this.#stored?.read(source.name) ?? null;
      this.#lost(source, error);
      this.#watch(source, retryMs.first);
      return false;
    }
  }

  /**
   * A statement failed with `unavailable`: the source is looked at now, not at its next turn, and where no connection is left
   * it counts as lost until then. Costs next to nothing when called often.
   */
  failed(name: SourceName, error: FozError): void {
    const source = this.find(name);
    if (source?.status.state !== 'available' || this.#checking.has(source)) return;
    clearTimeout(this.#timers.get(source));
    if (source.connector.pool().size === 0) this.#lost(source, error);
    void this.#check(source, retryMs.first / 2);
  }

  /**
   * A statement failed because the schema differs from the catalog. The source is introspected now, once for all concurrent callers. It
   * is not where an introspection has found no change a moment ago. Never rejects.
   */
  doubted(name: SourceName): Promise<void> {
    const source = this.find(name);
    if (source?.status.state !== 'available') return Promise.resolve();
    const running = this.#doubted.get(source);
    if (running !== undefined) return running;
    const changes = this.#changesOf(source);
    if (!changes.mayDoubt()) return Promise.resolve();
    const reading = this.#introspect(source)
      .then(
        (changed) => {
          if (changed) this.#tell();
        },
        () => changes.failed(),
      )
      .finally(() => this.#doubted.delete(source));
    this.#doubted.set(source, reading);
    return reading;
  }

  #changesOf(source: AttachedSource): Changes {
    let changes = this.#changes.get(source);
    if (changes === undefined) {
      changes = new Changes(source.config.schema_check_seconds ?? this.#checkSeconds);
      this.#changes.set(source, changes);
    }
    return changes;
  }

  #healthMs(source: AttachedSource): number {
    const changes = this.#changesOf(source);
    return changes.isWatched ? Math.min(healthMs, changes.everyMs) : healthMs;
  }

  /** Reads one source again. Rejects with FozError when it cannot be reached; the old facts stay in use. */
  async refresh(name: SourceName): Promise<{ readonly changed: boolean }> {
    const source = this.named(name);
    const changed = await this.#introspect(source);
    if (changed) this.#tell();
    return { changed };
  }

  /** What a source contains now; what is in use stays. Rejects with FozError when it cannot be reached. */
  look(name: string): Promise<SourceFacts> {
    return factsOf(this.named(name), this.#wanted);
  }

  /** Throws FozError `not-found`. */
  named(name: string): AttachedSource {
    const source = this.find(name);
    if (source === undefined) throw new FozError('not-found', `There is no source "${name}".`);
    return source;
  }

  async #introspect(source: AttachedSource): Promise<boolean> {
    const changes = this.#changesOf(source);
    // Looked at before it is read, so that a change in between is found by the next look.
    const hint = changes.isWatched
      ? await source.connector.changeHint(AbortSignal.timeout(introspectMs))
      : null;
    const started = performance.now();
    const facts = await factsOf(source, this.#wanted);
    const milliseconds = performance.now() - started;
    source.reading = { at: new Date(), milliseconds: Math.round(milliseconds) };
    if (source.status.state !== 'available') source.status = { state: 'available', since: new Date() };
    const changed = JSON.stringify(facts) !== JSON.stringify(source.facts);
    source.facts = facts;
    changes.read(hint, milliseconds, changed);
    if (changed && this.#sources.includes(source)) this.#store(source.name, facts);
    return changed;
  }

  /** A folder that cannot be written takes no source away: it only cannot be served from there while it is down. */
  #store(name: SourceName, facts: SourceFacts): void {
    try {
      this.#stored?.write(name, facts);
    } catch (error) {
      process.emitWarning(`The catalog of source ${name} is not stored: ${(error as Error).message}`);
    }
  }

  #lost(source: AttachedSource, error: unknown): void {
    if (source.status.state === 'unavailable') return;
    const reason = error instanceof FozError ? (error.internal ?? error.message) : String(error);
    source.status = { state: 'unavailable', since: new Date(), reason };
  }

  #watch(source: AttachedSource, delayMs: number): void {
    if (this.#closed || !this.#sources.includes(source)) return;
    const timer = setTimeout(() => void this.#check(source, delayMs), delayMs);
    timer.unref();
    this.#timers.set(source, timer);
  }

  /** An available source is pinged, or looked at for a changed schema; one that was lost is read anew, since it may have changed meanwhile. */
  async #check(source: AttachedSource, delayMs: number): Promise<void> {
    const before = source.status.state;
    this.#checking.add(source);
    try {
      if (before !== 'available' || (await this.#seemsChanged(source)))
        if (await this.#introspect(source)) this.#tell();
      this.#watch(source, this.#healthMs(source));
    } catch (error) {
      this.#lost(source, error);
      this.#watch(source, before === 'available' ? retryMs.first : Math.min(delayMs * 2, retryMs.most));
    } finally {
      this.#checking.delete(source);
    }
  }

  /** Rejects with FozError where the source does not answer. */
  async #seemsChanged(source: AttachedSource): Promise<boolean> {
    const changes = this.#changesOf(source);
    const signal = AbortSignal.timeout(healthMs);
    if (changes.isDue()) return changes.looked(await source.connector.changeHint(signal));
    await source.connector.ping(signal);
    return false;
  }

  #tell(): void {
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

/** What a database contains, as far as its configuration wants it. Rejects with FozError. */
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

/** Resolves when nothing runs on a connector any more, or the time for it is over. */
async function drained(connector: Connector): Promise<void> {
  const latest = performance.now() + drainMs;
  const busy = () => {
    const { size, idle, waiting } = connector.pool();
    return idle < size || waiting > 0;
  };
  do await sleep(100, undefined, { ref: false });
  while (busy() && performance.now() < latest);
}
