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
  type MetadataVersion,
  metadataHistory,
  metadataVersion,
  refuseVersion,
} from '../../store/index.ts';
import type { Graphs, ResolvedMetadata, SourceRegistry } from '../../views/index.ts';
import type { FozConfig } from '../config/config.ts';
import { beforeAndAfter, diffMetadata, type MetadataChange } from '../metadata/diff-metadata.ts';
import { type ControlPlane, requirePlane } from '../plane.ts';
import { refuseMalformed, replaceMetadata } from './document.ts';
import type { MetadataEdit } from './edit.ts';

export interface LiveMetadataOptions {
  readonly graphs: Graphs;
  readonly registry: SourceRegistry;
  /** `null`: there is no store. */
  readonly plane: ControlPlane | null;
  /** Where it has metadata, the store does not hold it. */
  readonly config: Pick<FozConfig, 'metadata' | 'metadataPlace'>;
  readonly log: StoreLog;
}

/** How metadata is changed. */
export interface ChangeOptions {
  /** The version that the caller has seen; absent: whatever it is. */
  readonly expectedVersion?: number | null;
  /** Only tells what would be. */
  readonly dryRun?: boolean;
  /** Also where it makes something wrong that was not before. */
  readonly force?: boolean;
  readonly comment?: string | null;
}

/** What a change did, or would do. */
export interface ChangedMetadata {
  /** The version now. */
  readonly version: number;
  /** `false`: only tried, or there was nothing to change. */
  readonly applied: boolean;
  readonly changes: readonly MetadataChange[];
  /** What is wrong from now on. */
  readonly causes: readonly CatalogIssue[];
  /** What was wrong until now. */
  readonly cures: readonly CatalogIssue[];
}

/**
 * The metadata that Foz serves. Without any in the configuration that of the store holds, and each change of it by any process; it is
 * changed here, and served by this process when a change is told to be done.
 */
export class LiveMetadata {
  readonly #options: LiveMetadataOptions;
  #known = 0;
  /** `null`: the store holds no metadata. */
  readonly #plane: ControlPlane | null;
  readonly #follower: Follower;

  constructor(options: LiveMetadataOptions) {
    this.#options = options;
    this.#plane = this.owner === null ? options.plane : null;
    this.#follower = new Follower({
      topics: ['metadata'],
      align: () => this.#align(),
      failed: (error) =>
        options.log.error(
          { err: error },
          'the metadata of the store cannot be read: what was there before holds',
        ),
    });
  }

  /** What holds the metadata when the store does not, for messages; `null`: the store does. */
  get owner(): string | null {
    const { metadata, metadataPlace } = this.#options.config;
    return metadata === undefined ? null : (metadataPlace ?? 'The configuration');
  }

  /** Serves what the store has, and follows its changes until `close`. A store that is down is followed as soon as it is there. */
  async start(): Promise<void> {
    if (this.#plane !== null) await this.#follower.start(this.#plane.store);
  }

  /** Whether what the store holds was read, or it holds no metadata. */
  get isRead(): boolean {
    return this.#plane === null || this.#follower.hasUpdated;
  }

  close(): void {
    this.#follower.close();
  }

  /** The newest version; 0: nothing was ever written, or the configuration holds it. */
  async read(): Promise<{ readonly version: number; readonly metadata: Metadata }> {
    if (this.#plane === null) return { version: 0, metadata: this.#options.graphs.metadata };
    const { version, metadata } = await this.#plane.store.readMetadata();
    return { version, metadata: (metadata as Metadata | null) ?? noMetadata };
  }

  /** Versions that are kept, newest first, without their contents. */
  async history(most: number, before?: number): Promise<readonly Omit<MetadataVersion, 'metadata'>[]> {
    if (this.#plane === null) return [];
    return this.#plane.store.read((db) => metadataHistory(db, { limit: most, before }));
  }

  /** What has to be done to one version to make it another (absent: the newest). Rejects with FozError `not-found`. */
  async diff(from: number, to?: number | null): Promise<readonly MetadataChange[]> {
    const until = to === undefined || to === null ? (await this.read()).metadata : await this.#version(to);
    return diffMetadata(await this.#version(from), until);
  }

  /** The change that brings back a version. Rejects with FozError `not-found` when it is not kept. */
  async reverted(to: number): Promise<MetadataEdit> {
    this.#writable();
    return replaceMetadata(await this.#version(to), 'metadata.revert');
  }

  /**
   * Changes the metadata, all or nothing; this process serves it when this resolves. Rejects with FozError: `not-supported` where the
   * configuration holds it, `conflict` when somebody else wrote meanwhile, `validation-failed` with everything that it would make wrong.
   */
  async change(actor: Actor, edit: MetadataEdit, options: ChangeOptions = {}): Promise<ChangedMetadata> {
    const plane = this.#writable();
    const { version, metadata } = await this.read();
    // Of what is served already the catalog is there.
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
    const { issues } = resolved;
    const told = { changes, causes: without(issues, was.issues), cures: without(was.issues, issues) };
    if (options.dryRun === true || changes.length === 0) return { version, applied: false, ...told };
    if (options.force !== true) refuseIssues(told.causes);
    const written = await this.#write(plane, actor, edit, version, after, changes, options.comment);
    await this.#follower.runBetween(async () => this.#use(written, after, resolved));
    return { version: written, applied: true, ...told };
  }

  #write(
    { store, audit }: ControlPlane,
    actor: Actor,
    { operation, table }: MetadataEdit,
    expected: number,
    metadata: Metadata,
    changes: readonly MetadataChange[],
    comment?: string | null,
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

  /** Unless a newer version is there already. */
  #use(version: number, metadata: Metadata, resolved: ResolvedMetadata): void {
    if (version <= this.#known) return;
    this.#known = version;
    this.#options.graphs.useMetadata(metadata, resolved);
  }
}

function refuseIssues(causes: readonly CatalogIssue[]): void {
  const errors = causes.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const lines = errors.map(({ where, reason }) => `${where}: ${reason}`);
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
