import { setTimeout as sleep } from 'node:timers/promises';
import type { Metadata, SourceFacts } from '../../catalog/index.ts';
import { FozError, type SourceName } from '../../core/index.ts';
import type { Connector } from '../../plan/index.ts';
import { standardCheckSeconds } from './check-schedule.ts';
import { drained } from './drained.ts';
import { failureWords } from './failure-words.ts';
import { HealthChecks } from './health-checks.ts';
import { type AttachedSource, attached, type NewSource, type SourceStatus } from './source.ts';
import { SourceReader } from './source-reader.ts';
import type { StoredCatalog } from './stored-catalog.ts';

/** With `start('some')`: the time for a source to connect, and then for a connected one to be introspected. */
const patienceMs = { connect: 2_000, read: 8_000 };

/** The attached sources. They are introspected when they come and checked from then on; listeners are notified when their content has changed. */
export class SourceRegistry {
  readonly #sources: AttachedSource[];
  readonly #reader: SourceReader;
  readonly #checks: HealthChecks;
  readonly #listeners = new Set<() => void>();
  readonly #statusListeners = new Set<(source: AttachedSource) => void>();
  /** Introspections in progress because a statement failed. */
  readonly #rechecking = new Map<AttachedSource, Promise<void>>();
  /** Connectors of removed sources whose statements have not ended yet. */
  readonly #retiring = new Set<Connector>();
  #closed = false;

  /** `checkSeconds`: seconds between two checks for schema changes, on sources without a setting of their own. */
  constructor(
    sources: readonly NewSource[],
    stored: StoredCatalog | null,
    checkSeconds: number = standardCheckSeconds,
  ) {
    this.#sources = sources.map(attached);
    this.#reader = new SourceReader(stored, checkSeconds);
    this.#checks = new HealthChecks({
      scheduleOf: (source) => this.#reader.scheduleOf(source),
      isAttached: (source) => this.#sources.includes(source),
      introspect: async (source) => {
        if (await this.#introspect(source)) this.#notify();
      },
      lost: (source, error) => this.#lost(source, error),
    });
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
    this.#reader.wantEnums(metadata);
  }

  /** As `wantEnums`, and introspects sources that lack such rows. One that cannot be read now stays as it is. */
  async readEnums(metadata: Metadata): Promise<void> {
    this.wantEnums(metadata);
    const lacking = this.#sources.filter((source) => this.#reader.lacksEnums(source));
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
    this.#reader.forget(name);
    this.#retire(former!);
    this.#notify();
  }

  #insert(added: AttachedSource): void {
    const after = this.#sources.findIndex(({ revision, name }) => revision !== null && name > added.name);
    this.#sources.splice(after < 0 ? this.#sources.length : after, 0, added);
  }

  #retire(source: AttachedSource): void {
    this.#checks.stop(source);
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
      this.#reader.restore(source);
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
      this.#checks.watch(source, { isLost: false });
      if ((changed || isOther) && this.#sources.includes(source)) this.#notify();
      return true;
    } catch (error) {
      this.#reader.restore(source);
      this.#lost(source, error);
      this.#checks.watch(source, { isLost: true });
      return false;
    }
  }

  /**
   * Called when a statement failed with `unavailable`. The source is checked now, not at its next turn. If it has no
   * connection left, it counts as unavailable until then. Cheap when called often.
   */
  failed(name: SourceName, error: FozError): void {
    const source = this.find(name);
    if (source?.status.state !== 'available' || this.#checks.isChecking(source)) return;
    if (source.connector.pool().size === 0) this.#lost(source, error);
    this.#checks.now(source);
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
    const schedule = this.#reader.scheduleOf(source);
    if (!schedule.mayRecheck()) return Promise.resolve();
    const reading = this.#introspect(source)
      .then(
        (changed) => {
          if (changed) this.#notify();
        },
        () => schedule.failed(),
      )
      .finally(() => this.#rechecking.delete(source));
    this.#rechecking.set(source, reading);
    return reading;
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
    return this.#reader.current(this.named(name));
  }

  /** The source of this name. Throws FozError `not-found`. */
  named(name: string): AttachedSource {
    const source = this.find(name);
    if (source === undefined) throw new FozError('not-found', `There is no source "${name}".`);
    return source;
  }

  async #introspect(source: AttachedSource): Promise<boolean> {
    const changed = await this.#reader.read(source, () => this.#sources.includes(source));
    if (source.status.state !== 'available')
      this.#setStatus(source, { state: 'available', since: new Date() });
    return changed;
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

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#checks.close();
    await Promise.allSettled(
      [...this.#sources.map(({ connector }) => connector), ...this.#retiring].map((connector) =>
        connector.close(),
      ),
    );
  }
}
