import type { CatalogIssue } from '../../catalog/index.ts';
import { FozError, type SourceName } from '../../core/index.ts';
import type { Connector } from '../../plan/index.ts';
import type { Actor, StoreLog } from '../../store/index.ts';
import { Follower, failureFields, maskSecrets, type NamedConfig, storedSources } from '../../store/index.ts';
import type { SourceConfig } from '../../views/index.ts';
import { type AttachedSource, factsOf, type SourceRegistry } from '../../views/index.ts';
import { type ControlPlane, requirePlane } from '../plane.ts';
import { checkedSource, secretId, secretNames, shownSettings, withoutSecrets } from './settings.ts';
import { openedSource } from './stored.ts';

/** Milliseconds for the query for objects that following has left in a database. */
const leftOverMs = 5_000;

export interface RuntimeSourcesOptions {
  readonly registry: SourceRegistry;
  /** `null`: there is no store, so nothing can be attached; connections can still be tested. */
  readonly plane: ControlPlane | null;
  /** Creates a connector, not connected yet. */
  readonly connect: (source: SourceConfig, options?: { readonly forServing: boolean }) => Promise<Connector>;
  /** The folder of database files that may be attached; `null`: none may be. */
  readonly files: string | null;
  readonly log: StoreLog;
}

/** The result of a connection test. */
export interface SourceTest {
  readonly ok: boolean;
  /** The database's error message, without passwords. */
  readonly reason: string | null;
  readonly version: string | null;
  readonly tables: number;
  readonly milliseconds: number;
}

/** Options of a change. */
export interface SourceChange {
  /** The revision that the caller has read; absent: any. */
  readonly revision?: number | null;
  /** Applies the change although the database cannot be reached. */
  readonly force?: boolean;
}

/**
 * Sources that are attached, changed and detached at run time. They are in the store, with their URLs and keys encrypted; all processes
 * that share the store follow each change.
 */
export class RuntimeSources {
  readonly #options: RuntimeSourcesOptions;
  readonly #follower: Follower;
  /** Sources of the store that are not attached, with the reason. */
  readonly #left = new Map<string, string>();

  constructor(options: RuntimeSourcesOptions) {
    this.#options = options;
    this.#follower = new Follower({
      store: options.plane?.store ?? null,
      topics: ['source'],
      align: () => this.#align(),
      failed: (error) =>
        options.log.error(
          failureFields(error),
          'the sources of the store cannot be read: those there are stay',
        ),
    });
  }

  /** Attaches the sources of the store and follows its changes until `close`. A store that is down is followed as soon as it is up. */
  async start(): Promise<void> {
    await this.#follower.start();
  }

  /** Whether the sources of the store were read; true where there is no store. */
  get isRead(): boolean {
    return this.#follower.isRead;
  }

  /** Resolves when the sources of the store were read. */
  whenRead(): Promise<void> {
    return this.#follower.whenRead();
  }

  close(): void {
    this.#follower.close();
  }

  /** Problems of sources that are not attached. Attaching is retried where that can help. */
  get issues(): readonly CatalogIssue[] {
    return [...this.#left].map(([name, reason]) => ({ severity: 'error', where: name, reason }));
  }

  /** Connects to a database and introspects it, without attaching it. Rejects with FozErrors when the settings are invalid. */
  async test(source: SourceConfig): Promise<SourceTest> {
    return this.#try(checkedSource(source, this.#options.files));
  }

  /**
   * Attaches a database; when this resolves, it is served. Rejects with FozError(s): `validation-failed`, `conflict` for a name that is in
   * use, `unavailable` where it cannot be reached (unless `force`).
   */
  async attach(actor: Actor, source: SourceConfig, { force = false } = {}): Promise<AttachedSource> {
    const config = checkedSource(source, this.#options.files);
    if (this.#options.registry.find(config.name) !== undefined)
      throw new FozError('conflict', `There is a source ${config.name} already.`);
    await this.#reachable(config, force);
    await this.#write(actor, 'source.attach', null, config, 0);
    return this.#attached(config.name);
  }

  /**
   * Changes a source. Settings absent from `change` stay, those that are undefined are removed. Rejects as `attach` does, and with
   * `not-found`.
   */
  async update(
    actor: Actor,
    name: string,
    change: Partial<SourceConfig>,
    { revision, force = false }: SourceChange = {},
  ): Promise<AttachedSource> {
    const { stored, config: before } = await this.#stored(name);
    const changed = Object.entries({ ...before, ...change, name }).filter(([, value]) => value !== undefined);
    const config = checkedSource(Object.fromEntries(changed) as unknown as SourceConfig, this.#options.files);
    await this.#reachable(config, force);
    await this.#write(actor, 'source.update', before, config, revision ?? stored.revision);
    return this.#attached(name);
  }

  /** Detaches a source once its running operations have finished. Its metadata stays. Rejects with FozError `not-found`. */
  async detach(actor: Actor, name: string): Promise<void> {
    const { config } = await this.#stored(name);
    const { store, secrets, audit } = this.#plane();
    await this.#tellLeftOvers(name);
    await store.write(async (db) => {
      await storedSources.remove(db, name);
      for (const secret of secretNames) await secrets.remove(secretId(name, secret), db);
      const event = { actor, operation: 'source.detach', source: name, before: shownSettings(config) };
      await audit?.changedWithin(db, { ...event, after: null });
    });
    await this.#follower.update();
  }

  /** Logs what following has left in the database, with the statements that remove it. */
  async #tellLeftOvers(name: string): Promise<void> {
    const { changes } = this.#options.registry.find(name)?.connector ?? { changes: null };
    const left = await changes?.leftOvers(AbortSignal.timeout(leftOverMs)).catch(() => []);
    for (const { what, remove } of left ?? [])
      this.#options.log.warn(
        { source: name, what, remove },
        'a detached database keeps what Foz needed to follow it',
      );
  }

  async #write(
    actor: Actor,
    operation: string,
    before: SourceConfig | null,
    after: SourceConfig,
    revision: number,
  ): Promise<void> {
    const { store, secrets, audit } = this.#plane();
    const { open, secrets: hidden } = withoutSecrets(after);
    const former = before === null ? {} : withoutSecrets(before).secrets;
    await store.write(async (db) => {
      await storedSources.put(db, after.name, open, revision);
      for (const name of secretNames) {
        const value = hidden[name];
        if (value === undefined) await secrets.remove(secretId(after.name, name), db);
        else await secrets.put(secretId(after.name, name), value, db);
      }
      const replaced = secretNames.filter((name) => hidden[name] !== former[name]);
      const shown = { ...shownSettings(after), ...(replaced.length === 0 ? {} : { replaced }) };
      const was = before === null ? null : shownSettings(before);
      await audit?.changedWithin(db, { actor, operation, source: after.name, before: was, after: shown });
    });
    await this.#follower.update();
  }

  #plane(): ControlPlane {
    return requirePlane(this.#options.plane, 'to keep sources in');
  }

  #attached(name: string): AttachedSource {
    const source = this.#options.registry.find(name);
    if (source !== undefined) return source;
    throw new FozError('conflict', `The source ${name} was detached by somebody else meanwhile.`);
  }

  async #stored(name: string): Promise<{ readonly stored: NamedConfig; readonly config: SourceConfig }> {
    if (this.#options.registry.find(name)?.revision === null)
      throw new FozError(
        'not-supported',
        `The configuration file declares the source ${name}: change it there.`,
      );
    const stored = await this.#plane().store.read((db) => storedSources.read(db, name));
    return { stored, config: await openedSource(this.#plane(), stored) };
  }

  async #reachable(config: SourceConfig, force: boolean): Promise<void> {
    if (force) return;
    const { ok, reason } = await this.#try(config);
    if (!ok)
      throw new FozError(
        'unavailable',
        `The database of source ${config.name} cannot be used: ${reason?.replace(/\.?$/, '.')} Mend the settings, or attach it with force and it is tried again and again.`,
      );
  }

  async #try(config: SourceConfig): Promise<SourceTest> {
    const started = performance.now();
    const since = () => Math.round(performance.now() - started);
    let connector: Connector | null = null;
    try {
      const one = { ...config, pool: { ...config.pool, max: 1 } };
      connector = await this.#options.connect(one, { forServing: false });
      const { version, tables } = await factsOf({ name: config.name as SourceName, config, connector });
      return { ok: true, reason: null, version, tables: tables.length, milliseconds: since() };
    } catch (error) {
      return { ok: false, reason: reasonOf(error), version: null, tables: 0, milliseconds: since() };
    } finally {
      await connector?.close();
    }
  }

  async #align(): Promise<void> {
    const { registry } = this.#options;
    const stored = await this.#plane().store.read((db) => storedSources.list(db));
    const wanted = new Map(stored.map((source) => [source.name, source]));
    for (const { name, revision } of [...registry.sources])
      if (revision !== null && !wanted.has(name)) registry.remove(name);
    for (const name of this.#left.keys()) if (!wanted.has(name)) this.#left.delete(name);
    await Promise.all(stored.map((source) => this.#put(source)));
  }

  async #put(stored: NamedConfig): Promise<void> {
    const { registry, connect } = this.#options;
    const { name, revision } = stored;
    const there = registry.find(name);
    if (there?.revision === revision) return void this.#left.delete(name);
    if (there?.revision === null)
      return this.#leave(name, 'is left out: the configuration file has a source of its name');
    try {
      const config = await openedSource(this.#plane(), stored);
      const connector = await connect(config);
      await registry.put({ name: name as SourceName, config, connector, revision });
      this.#left.delete(name);
    } catch (error) {
      this.#leave(name, `cannot be attached, and is tried again: ${reasonOf(error)}`);
      this.#follower.retrySoon();
    }
  }

  /** Marks a source as not attached, and logs the reason if it is new. */
  #leave(name: string, reason: string): void {
    if (this.#left.get(name) !== reason)
      this.#options.log.error({ source: name, reason }, 'a source of the store is not attached');
    this.#left.set(name, reason);
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof FozError ? (error.internal ?? error.message) : String(error);
  return maskSecrets(text) as string;
}
