import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceFacts } from '../../catalog/index.ts';
import { FozError, type SourceName } from '../../core/index.ts';
import type { Connector } from '../../plan/index.ts';
import type { SourceConfig } from '../config.ts';
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
  status: SourceStatus;
  facts: SourceFacts | null;
}

/** First, then after each failure twice as long, up to the last. */
const retryMs = { first: 500, most: 15_000 };
const healthMs = 5_000;
/** How long a start that does not wait for all gives a source to connect, and then one that has connected to be read. */
const patienceMs = { connect: 2_000, read: 8_000 };

/** Keeps every source introspected and watched; tells when what they contain has changed. */
export class SourceRegistry {
  readonly sources: readonly AttachedSource[];
  readonly #stored: StoredCatalog | null;
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Map<AttachedSource, NodeJS.Timeout>();
  /** Being pinged or read anew. */
  readonly #checking = new Set<AttachedSource>();
  #closed = false;

  constructor(
    sources: readonly {
      readonly name: SourceName;
      readonly config: SourceConfig;
      readonly connector: Connector;
    }[],
    stored: StoredCatalog | null,
  ) {
    this.sources = sources.map((source) => ({ ...source, status: { state: 'starting' }, facts: null }));
    this.#stored = stored;
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
    const firsts = new Map(this.sources.map((source) => [source, this.#first(source)]));
    const all = Promise.all(firsts.values());
    await (wait === 'all' ? all : Promise.race([all, this.#some(firsts)]));
    for (const source of this.sources) {
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

  /** Whether it could be read. */
  async #first(source: AttachedSource): Promise<boolean> {
    try {
      const changed = await this.#introspect(source);
      this.#watch(source, healthMs);
      if (changed) this.#tell();
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
    const source = this.sources.find((candidate) => candidate.name === name);
    if (source?.status.state !== 'available' || this.#checking.has(source)) return;
    clearTimeout(this.#timers.get(source));
    if (source.connector.pool().size === 0) this.#lost(source, error);
    void this.#check(source, retryMs.first / 2);
  }

  /** Reads one source again. Rejects with FozError when it cannot be reached; the old facts stay in use. */
  async refresh(name: SourceName): Promise<{ readonly changed: boolean }> {
    const source = this.sources.find((candidate) => candidate.name === name);
    if (source === undefined) throw new FozError('not-found', `There is no source ${name}.`);
    const changed = await this.#introspect(source);
    if (changed) this.#tell();
    return { changed };
  }

  async #introspect(source: AttachedSource): Promise<boolean> {
    const patterns = (given: SourceConfig['tables']) => ({
      include: given?.include ?? [],
      exclude: given?.exclude ?? [],
    });
    const options = {
      namespaces: patterns(source.config.namespaces),
      tables: patterns(source.config.tables),
    };
    const facts = await source.connector.introspect(options, AbortSignal.timeout(60_000));
    if (source.status.state !== 'available') source.status = { state: 'available', since: new Date() };
    const changed = JSON.stringify(facts) !== JSON.stringify(source.facts);
    source.facts = facts;
    if (changed) this.#store(source.name, facts);
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
    if (this.#closed) return;
    const timer = setTimeout(() => void this.#check(source, delayMs), delayMs);
    timer.unref();
    this.#timers.set(source, timer);
  }

  /** An available source is pinged; one that was lost is read anew, since it may have changed meanwhile. */
  async #check(source: AttachedSource, delayMs: number): Promise<void> {
    const before = source.status.state;
    this.#checking.add(source);
    try {
      if (before === 'available') await source.connector.ping(AbortSignal.timeout(healthMs));
      else if (await this.#introspect(source)) this.#tell();
      this.#watch(source, healthMs);
    } catch (error) {
      this.#lost(source, error);
      this.#watch(source, before === 'available' ? retryMs.first : Math.min(delayMs * 2, retryMs.most));
    } finally {
      this.#checking.delete(source);
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.allSettled(this.sources.map((source) => source.connector.close()));
  }
}
