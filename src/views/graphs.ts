import { isDeepStrictEqual } from 'node:util';
import type { GraphQLSchema } from 'graphql';
import {
  AllowedVariables,
  adminSession,
  type EventTriggers,
  type LimitsConfig,
  type Permissions,
  resolveEventTriggers,
  resolvePermissions,
  type SeenRuns,
  type Session,
  workflowPermissions,
} from '../access/index.ts';
import {
  type Catalog,
  type CatalogIssue,
  type Metadata,
  noMetadata,
  type SourceInput,
} from '../catalog/index.ts';
import { type CacheState, FozError, type RoleName, type SourceName } from '../core/index.ts';
import type { RoleEngine } from '../execute/index.ts';
import { type BuiltGraph, ServiceFields } from '../graph/index.ts';
import type { Connector } from '../plan/index.ts';
import type { AllowListConfig, GraphsConfig, LimitSettings } from './config.ts';
import { connectorOf, connectorsOf } from './connectors.ts';
import { matchesBook, type NameBook, withNewNames } from './names/book.ts';
import type { UnlistedRequest } from './operations/admission.ts';
import { registeredAs, registeredIn } from './operations/allow-list.ts';
import { type CallRoleService, type EngineParts, RoleEngines } from './role-engines.ts';
import { inheritLimits, sessionLimits } from './role-limits.ts';
import { type GraphParts, graphOf, servedGraph, spellingOf } from './served-graph.ts';
import { declaredServices, seenServices } from './services.ts';
import type { SourceRegistry } from './sources/registry.ts';

/** Metadata resolved against the current sources. */
export interface ResolvedMetadata {
  readonly catalog: Catalog;
  readonly permissions: Permissions;
  /** All faults and notes, including those about names in the graph. */
  readonly issues: readonly CatalogIssue[];
  /** The connectors of the sources it was resolved against. */
  readonly connectors: ReadonlyMap<SourceName, Connector>;
}

/** The catalog of all sources, its permissions and its names, and an engine for each view of it. */
export class Graphs {
  #config: GraphsConfig;
  /** The environment variables of the server that the metadata may use. */
  readonly variables: AllowedVariables;
  #givenLimits: LimitSettings;
  /** The limits, with those of inherited roles filled in. */
  #limits: LimitSettings;
  #allowLists: readonly AllowListConfig[];
  #registered: ReadonlyMap<string, string>;
  readonly #registry: SourceRegistry;
  #connectors: ReadonlyMap<SourceName, Connector>;
  #metadata: Metadata;
  /** The names that tables and relationships keep. */
  #names: NameBook = {};
  readonly #swapped = new Set<() => void>();
  #catalog: Catalog;
  #permissions: Permissions;
  /** Built on first use, since naming takes a moment. */
  #served: ResolvedMetadata | null = null;
  /** Built on first use, as are the names that it depends on. */
  #services: ServiceFields | null = null;
  #callService: CallRoleService = () =>
    Promise.reject(new FozError('unavailable', 'Foz is starting: try again in a moment.'));
  readonly #engines: RoleEngines;

  constructor(config: GraphsConfig, registry: SourceRegistry) {
    this.#config = config;
    this.variables = AllowedVariables.of(config);
    this.#givenLimits = config.server?.limits ?? {};
    this.#allowLists = config.allow_list ?? [];
    this.#registered = registeredIn(this.#allowLists);
    this.#registry = registry;
    this.#connectors = connectorsOf(registry);
    this.#metadata = config.metadata ?? noMetadata;
    this.#limits = inheritLimits(this.#givenLimits, this.#metadata.inherited_roles);
    this.#catalog = this.#resolve();
    this.#permissions = resolvePermissions(this.#catalog, this.#metadata);
    this.#engines = new RoleEngines(
      () => this.#engineParts,
      (source, error) => registry.failed(source, error),
    );
    registry.onChange(() => this.swap());
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  /** The metadata in use. */
  get metadata(): Metadata {
    return this.#metadata;
  }

  /** Switches all roles to other metadata. `resolved` is reused if no source has changed since. */
  useMetadata(metadata: Metadata, resolved?: ResolvedMetadata): void {
    this.#metadata = metadata;
    if (resolved?.connectors === this.#connectors)
      this.#switchTo(resolved.catalog, resolved.permissions, resolved);
    else this.swap();
  }

  /** Switches to the current content of the sources. Running requests keep the catalog they started with. */
  swap(): void {
    this.#connectors = connectorsOf(this.#registry);
    const catalog = this.#resolve();
    this.#switchTo(catalog, resolvePermissions(catalog, this.#metadata), null);
  }

  #switchTo(catalog: Catalog, permissions: Permissions, served: ResolvedMetadata | null): void {
    this.#catalog = catalog;
    this.#permissions = permissions;
    this.#served = served;
    this.#services = null;
    const limits = inheritLimits(this.#givenLimits, this.#metadata.inherited_roles);
    if (!isDeepStrictEqual(limits, this.#limits)) this.#limits = limits;
    this.#engines.renew();
    for (const listener of this.#swapped) listener();
    this.#engines.discardOld();
  }

  /** Sets what answers the root fields that are not those of tables. Before, they are refused. */
  useServices(call: CallRoleService): void {
    this.#callService = call;
  }

  /** The runs of a workflow that a role sees; `null`: none. */
  seenRuns(role: RoleName, workflow: string): SeenRuns | null {
    return workflowPermissions(this.#metadata, role).seen(workflow);
  }

  /** The limits of a session: those of its role, lowered to those of its credential. */
  limitsOf(session: Pick<Session, 'role' | 'limits'>): LimitsConfig {
    return sessionLimits(this.#limits, session);
  }

  /** The limits in use, for all callers and by role. */
  get limits(): LimitSettings {
    return this.#limits;
  }

  /** Switches all roles to other limits and allow-lists. */
  useLimits(limits: LimitSettings, allowLists: readonly AllowListConfig[]): void {
    if (isDeepStrictEqual([limits, allowLists], [this.#givenLimits, this.#allowLists])) return;
    this.#givenLimits = limits;
    this.#allowLists = allowLists;
    this.#registered = registeredIn(allowLists);
    this.#switchTo(this.#catalog, this.#permissions, this.#served);
  }

  /** Switches all roles to other settings. */
  useConfig(config: GraphsConfig): void {
    const spelling = ({ naming, numbers }: GraphsConfig) => [naming, numbers];
    const running = ({ key_cap, plan_cache, server }: GraphsConfig) => [
      key_cap,
      plan_cache,
      server?.show_database_errors,
    ];
    const before = this.#config;
    this.#config = config;
    if (!isDeepStrictEqual(spelling(before), spelling(config))) this.swap();
    else if (!isDeepStrictEqual(running(before), running(config)))
      this.#switchTo(this.#catalog, this.#permissions, this.#served);
  }

  /** The document that a client of the role requests by an id or hash; `undefined`: none on its list. */
  registered(role: RoleName, id: string): string | undefined {
    return registeredAs(this.#registered, role, id);
  }

  /** Calls the listener for each operation that is not on the allow-list of its role. Returns a function that removes the listener. */
  onUnlisted(listener: (found: UnlistedRequest) => void): () => void {
    return this.#engines.onUnlisted(listener);
  }

  get names(): NameBook {
    return this.#names;
  }

  /** Uses other kept names. The graph is rebuilt only if its names differ from them. */
  useNames(names: NameBook): void {
    if (isDeepStrictEqual(names, this.#names)) return;
    this.#names = names;
    const graph = this.#graphOf(this.#catalog);
    if (!matchesBook(names, this.#catalog, (table) => graph.tableName(table))) this.swap();
  }

  /** The book with the names of everything in the graph; `null`: nothing is missing. */
  newNames(book: NameBook = this.#names): NameBook | null {
    const graph = this.#graphOf(this.#catalog);
    const sources = this.#registry.sources.map((source) => ({
      name: source.name,
      ...spellingOf(source.config, this.#config),
    }));
    return withNewNames(book, this.#catalog, sources, (table) => graph.tableName(table));
  }

  /** Calls the listener after each change of the graphs. Returns a function that removes it. */
  onSwap(listener: () => void): () => void {
    this.#swapped.add(listener);
    return () => this.#swapped.delete(listener);
  }

  get permissions(): Permissions {
    return this.#permissions;
  }

  /** The event triggers that have no faults. They are resolved at each call. */
  get eventTriggers(): EventTriggers['byName'] {
    return resolveEventTriggers(this.#catalog, this.#metadata, this.variables).byName;
  }

  /** Faults and notes about the catalog, the permissions and the names of the whole graph. */
  get issues(): readonly CatalogIssue[] {
    return this.resolve(this.#metadata).issues;
  }

  /** Resolves metadata against the sources without using it. */
  resolve(metadata: Metadata): ResolvedMetadata {
    if (metadata === this.#metadata) {
      this.#served ??= this.#withIssues(this.#catalog, this.#permissions, metadata);
      return this.#served;
    }
    const catalog = this.#resolve(metadata);
    return this.#withIssues(catalog, resolvePermissions(catalog, metadata), metadata);
  }

  #withIssues(catalog: Catalog, permissions: Permissions, metadata: Metadata): ResolvedMetadata {
    const connectors = this.#connectors;
    const graph = this.#graphOf(catalog);
    return {
      catalog,
      permissions,
      issues: [
        ...catalog.issues,
        ...permissions.issues,
        ...resolveEventTriggers(catalog, metadata, this.variables).issues,
        ...graph.issues,
        ...ServiceFields.beside(graph.schema, declaredServices(metadata, this.#naming)).issues,
      ],
      connectors,
    };
  }

  /** The engine of a session, shared by all sessions with the same view. Default: the view of an admin. */
  engine(session: Session = adminSession): RoleEngine {
    return this.#engines.engine(session);
  }

  /** The schema of a session, built for the caller: types that the caller makes it create are not kept. */
  schema(session: Session): GraphQLSchema {
    return this.#engines.schema(session);
  }

  /** The caches shared by all roles. */
  get caches(): readonly CacheState[] {
    return this.#engines.caches;
  }

  /** The number of cached plans of all roles. */
  get plans(): number {
    return this.#engines.plans;
  }

  get #engineParts(): EngineParts {
    return {
      catalog: this.#catalog,
      permissions: this.#permissions,
      connectors: this.#connectors,
      config: this.#config,
      limits: this.#limits,
      allowLists: this.#allowLists,
      servicesOf: (session) => this.#servicesOf(session),
      // Engines stay while what answers them is replaced.
      callService: (call) => this.#callService(call),
    };
  }

  get #naming() {
    return this.#config.naming ?? 'hasura-default';
  }

  #servicesOf(session: Session): ServiceFields {
    if (this.#services === null) {
      const declared = declaredServices(this.#metadata, this.#naming);
      this.#services =
        declared.length === 0
          ? ServiceFields.none
          : ServiceFields.beside(this.#graphOf(this.#catalog).schema, declared).services;
    }
    return seenServices(this.#services, this.#metadata, session);
  }

  #resolve(metadata = this.#metadata): Catalog {
    return servedGraph(this.#parts(metadata)).catalog;
  }

  #graphOf(catalog: Catalog): BuiltGraph {
    return graphOf(this.#parts(this.#metadata), catalog);
  }

  /** The parts from which the graph is built. */
  get parts(): GraphParts {
    return this.#parts(this.#metadata);
  }

  #parts(metadata: Metadata): GraphParts {
    const connectors = this.#connectors;
    return {
      sources: this.#registry.sources.flatMap((source): SourceInput[] =>
        source.facts === null
          ? []
          : [{ name: source.name, ...spellingOf(source.config, this.#config), facts: source.facts }],
      ),
      unread: new Set([
        ...this.#registry.sources.flatMap(({ name, facts }) => (facts === null ? [name] : [])),
        ...(this.#config.unread_sources ?? []),
      ]),
      metadata,
      names: this.#names,
      capabilitiesOf: (source) => connectorOf(connectors, source).capabilities,
    };
  }
}
