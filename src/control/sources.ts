import type { SourceFacts } from '../catalog/index.ts';
import { FozError, type SourceName } from '../core/index.ts';
import type { Connector } from '../plan/index.ts';
import type { SourceConfig } from './config.ts';
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

/** Keeps every source introspected and watched; tells when what they contain has changed. */
export class SourceRegistry {
  readonly sources: readonly AttachedSource[];
  readonly #stored: StoredCatalog | null;
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Map<AttachedSource, NodeJS.Timeout>();
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

  /** Reads all sources at once. A source that is down is served from the stored catalog and tried again and again. */
  async start(): Promise<void> {
    await Promise.all(this.sources.map((source) => this.#first(source)));
  }

  async #first(source: AttachedSource): Promise<void> {
    try {
      await this.#introspect(source);
      this.#watch(source, healthMs);
    } catch (error) {
      source.facts = this.#stored?.read(source.name) ?? null;
      this.#lost(source, error);
      this.#watch(source, retryMs.first);
    }
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
    try {
      if (before === 'available') await source.connector.ping(AbortSignal.timeout(healthMs));
      else if (await this.#introspect(source)) this.#tell();
      this.#watch(source, healthMs);
    } catch (error) {
      this.#lost(source, error);
      this.#watch(source, before === 'available' ? retryMs.first : Math.min(delayMs * 2, retryMs.most));
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
