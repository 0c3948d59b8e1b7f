import {
  type CatalogIssue,
  canonicalMetadata,
  type Metadata,
  noMetadata,
  plain,
} from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Actor, StoreLog } from '../../store/index.ts';
import {
  Follower,
  failureFields,
  type MetadataVersion,
  metadataHistory,
  metadataVersion,
  refuseVersion,
} from '../../store/index.ts';
import type { Graphs, ResolvedMetadata, SourceRegistry } from '../../views/index.ts';
import type { FozConfig } from '../config/config.ts';
import { allIssues } from '../metadata/all-issues.ts';
import { beforeAndAfter, diffMetadata, type MetadataChange } from '../metadata/diff-metadata.ts';
import { type ControlPlane, requirePlane } from '../plane.ts';
import { refuseMalformed, replaceMetadata } from './document.ts';
import type { MetadataEdit } from './edit.ts';

export interface LiveMetadataOptions {
  readonly graphs: Graphs;
  readonly registry: SourceRegistry;
  /** `null`: there is no store. */
  readonly plane: ControlPlane | null;
  /** If the configuration contains metadata, the store's is not used. */
  readonly config: Pick<FozConfig, 'metadata' | 'metadataPlace'>;
  readonly log: StoreLog;
}

/** Options of a metadata change. */
export interface ChangeOptions {
  /** The version that the caller has read; absent: any. */
  readonly expectedVersion?: number | null;
  /** Returns the effects without applying the change. */
  readonly dryRun?: boolean;
  /** Applies the change although it causes new problems. */
  readonly force?: boolean;
  readonly comment?: string | null;
}

/** The effects of a change. */
export interface ChangedMetadata {
  /** The current version. */
  readonly version: number;
  /** `false`: it was a dry run, or changed nothing. */
  readonly applied: boolean;
  readonly changes: readonly MetadataChange[];
  /** Problems that the change causes. */
  readonly causes: readonly CatalogIssue[];
  /** Problems that the change resolves. */
  readonly cures: readonly CatalogIssue[];
}

/**
 * The metadata that Foz serves: that of the configuration, or else that of the store. The store's can be changed here and follows changes
 * by other processes. When a change resolves, this process serves it already.
 */
export class LiveMetadata {
  readonly #options: LiveMetadataOptions;
  #known = 0;
  /** `null`: the metadata is not in the store. */
  readonly #plane: ControlPlane | null;
  readonly #follower: Follower;

  constructor(options: LiveMetadataOptions) {
    this.#options = options;
    this.#plane = this.owner === null ? options.plane : null;
    this.#follower = new Follower({
      store: this.#plane?.store ?? null,
      topics: ['metadata'],
      align: () => this.#align(),
      failed: (error) =>
        options.log.error(
          failureFields(error),
          'the metadata of the store cannot be read: what was there before holds',
        ),
    });
  }

  /** Where the metadata is if it is not in the store, for messages; `null`: it is in the store. */
  get owner(): string | null {
    const { metadata, metadataPlace } = this.#options.config;
    return metadata === undefined ? null : (metadataPlace ?? 'The configuration');
  }

  /** Loads the store's metadata and follows its changes until `close`. A store that is down is followed as soon as it is up. */
  async start(): Promise<void> {
    await this.#follower.start();
  }

  /** Whether the store's metadata was read; true where it is not in the store. */
  get isRead(): boolean {
    return this.#follower.isRead;
  }

  /** Resolves when the store's metadata was read. */
  whenRead(): Promise<void> {
    return this.#follower.whenRead();
  }

  close(): void {
    this.#follower.close();
  }

  /** The newest version; 0: never written, or not in the store. */
  async read(): Promise<{ readonly version: number; readonly metadata: Metadata }> {
    if (this.#plane === null) return { version: 0, metadata: this.#options.graphs.metadata };
    const { version, metadata } = await this.#plane.store.readMetadata();
    return { version, metadata: (metadata as Metadata | null) ?? noMetadata };
  }

  /** The versions in the store, newest first, without their contents. */
  async history(most: number, before?: number): Promise<readonly Omit<MetadataVersion, 'metadata'>[]> {
    if (this.#plane === null) return [];
    return this.#plane.store.read((db) => metadataHistory(db, { limit: most, before }));
  }

  /** The changes from one version to another (absent: the newest). Rejects with FozError `not-found`. */
  async diff(from: number, to?: number | null): Promise<readonly MetadataChange[]> {
    const until = to === undefined || to === null ? (await this.read()).metadata : await this.#version(to);
    return diffMetadata(await this.#version(from), until);
  }

  /** An edit that restores a version. Rejects with FozError `not-found` when it is not in the store any more. */
  async reverted(to: number): Promise<MetadataEdit> {
    this.#writable();
    return replaceMetadata(await this.#version(to), 'metadata.revert');
  }

  /**
   * Changes the metadata, all or nothing; when this resolves, this process serves the change. Rejects with FozError: `not-supported` where
   * the metadata is in the configuration, `conflict` when another process has written since, `validation-failed` with all problems that it
   * causes.
   */
  async change(actor: Actor, edit: MetadataEdit, options: ChangeOptions = {}): Promise<ChangedMetadata> {
    const plane = this.#writable();
    const { version, metadata } = await this.read();
    // The catalog of the served version exists already, so it does not have to be built again.
    const before = version === this.#known ? this.#options.graphs.metadata : metadata;
    if (options.expectedVersion !== undefined && options.expectedVersion !== null)
      refuseVersion(version, options.expectedVersion);
    const was = this.#options.graphs.resolve(before);
    const facts = new Map(
      this.#options.registry.sources.map((source) => [source.name as string, source.facts]),
    );
    const edited = edit.apply({ metadata: before, catalog: was.catalog, facts });
    refuseMalformed(before, edited);
    const after = canonicalMetadata(plain(edited));
    const changes = diffMetadata(before, after);
    await this.#options.registry.readEnums(after);
    const resolved = this.#options.graphs.resolve(after);
    const [issues, earlier] = [
      allIssues(this.#options.graphs, after),
      allIssues(this.#options.graphs, before),
    ];
    const result = { changes, causes: without(issues, earlier), cures: without(earlier, issues) };
    if (options.dryRun === true || changes.length === 0) return { version, applied: false, ...result };
    if (options.force !== true) refuseIssues(result.causes);
    const written = await this.#write(plane, actor, edit, {
      expected: version,
      metadata: after,
      changes,
      comment: options.comment,
    });
    await this.#follower.runBetween(async () => this.#use(written, after, resolved));
    return { version: written, applied: true, ...result };
  }

  #write(
    { store, audit }: ControlPlane,
    actor: Actor,
    { operation, table }: MetadataEdit,
    {
      expected,
      metadata,
      changes,
      comment,
    }: {
      readonly expected: number;
      readonly metadata: Metadata;
      readonly changes: readonly MetadataChange[];
      readonly comment?: string | null | undefined;
    },
  ): Promise<number> {
    const place = table?.namespace ? `${table.namespace}.${table.table}` : (table?.table ?? null);
    return store.writeMetadata(
      expected,
      metadata,
      actor,
      comment ?? undefined,
      async (transaction, version) =>
        audit?.changedWithin(transaction, {
          actor,
          operation,
          source: table?.source ?? null,
          table: place,
          ...beforeAndAfter(changes, expected, version),
        }),
    );
  }

  async #version(version: number): Promise<Metadata> {
    if (version === 0) return noMetadata;
    if (this.#plane === null)
      throw new FozError('not-found', `There is no version ${version}: no metadata is kept in a store.`);
    const found = await this.#plane.store.read((db) => metadataVersion(db, version));
    return found.metadata as Metadata;
  }

  #writable(): ControlPlane {
    const { owner } = this;
    if (owner !== null)
      throw new FozError(
        'not-supported',
        `${owner} owns the metadata: change it there, or take "metadata" out of the configuration so that the store keeps it.`,
      );
    return requirePlane(this.#plane, 'to keep metadata in');
  }

  async #align(): Promise<void> {
    const { version, metadata } = await this.read();
    if (version === this.#known) return;
    await this.#options.registry.readEnums(metadata);
    this.#options.graphs.useMetadata(metadata);
    this.#known = version;
  }

  /** Serves a version, unless a newer one is being served already. */
  #use(version: number, metadata: Metadata, resolved: ResolvedMetadata): void {
    if (version <= this.#known) return;
    this.#known = version;
    this.#options.graphs.useMetadata(metadata, resolved);
  }
}

function refuseIssues(causes: readonly CatalogIssue[]): void {
  const errors = causes.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const own = errors.filter(({ topic }) => topic !== 'follows');
  const lines = (own.length > 0 ? own : errors).map(({ where, reason }) => `${where}: ${reason}`);
  throw new FozError(
    'validation-failed',
    `The change would make something wrong:\n${lines.join('\n')}\nMend it, or repeat the change with "force".`,
    { details: { issues: causes } },
  );
}

function without(issues: readonly CatalogIssue[], others: readonly CatalogIssue[]): CatalogIssue[] {
  const textOf = ({ severity, where, reason }: CatalogIssue) => JSON.stringify([severity, where, reason]);
  const known = new Set(others.map(textOf));
  return issues.filter((one) => !known.has(textOf(one)));
}
