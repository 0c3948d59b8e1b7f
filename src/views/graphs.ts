import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import {
  adminSession,
  type LimitsConfig,
  narrowedLimits,
  type Permissions,
  resolvePermissions,
  type Session,
} from '../access/index.ts';
import {
  type Catalog,
  type CatalogIssue,
  type Metadata,
  noMetadata,
  resolveCatalog,
  type SourceInput,
} from '../catalog/index.ts';
import { adminRole, type CacheState, FozError, type RoleName, type SourceName } from '../core/index.ts';
import {
  introspectionAnswers,
  keptPlans,
  RoleEngine,
  type RoleEngineOptions,
  tablesSeen,
} from '../execute/index.ts';
import { type BuiltGraph, buildGraph, type GraphCapabilities } from '../graph/index.ts';
import type { Connector } from '../plan/index.ts';
import type { AllowListConfig, GraphsConfig, LimitSettings } from './config.ts';
import { connectorsOf, found } from './connectors.ts';
import { inheritLimits } from './inherit-limits.ts';
import { Marks } from './marks.ts';
import { agrees, keptIn, learned, type NameBook, reservedIn } from './names/book.ts';
import { withTables } from './names/kept.ts';
import { allowListOf, registeredAs, registeredIn, spelled } from './operations/allow-list.ts';
import type { AttachedSource, SourceRegistry } from './sources/registry.ts';
import { viewContent } from './view-content.ts';
import { type View, viewKey, viewOf } from './views.ts';

const defaults = { keyCap: 10_000, planCache: 2000, views: 200 } as const;

/** An engine holds the catalog that it was made from, so it may outlive no more changes than this. */
const mostChanges = 8;

/** An operation that was asked for by a role whose list does not have it. */
export interface Unlisted {
  readonly role: RoleName;
  readonly operationName: string | null;
  /** With the fragments that it uses. */
  readonly document: string;
  readonly refused: boolean;
}

/** What metadata makes of the sources as they are at a moment. */
export interface TriedMetadata {
  readonly catalog: Catalog;
  readonly permissions: Permissions;
  /** All that is wrong, names of the graph included. */
  readonly issues: readonly CatalogIssue[];
  /** The sources of that moment. */
  readonly connectors: ReadonlyMap<SourceName, Connector>;
}

/** An engine, and the changes (counted from the start) at which it was made and was last found to be up to date. */
interface Kept {
  readonly engine: RoleEngine;
  readonly made: number;
  checked: number;
  /** See `viewContent`. */
  readonly content: () => string;
}

/**
 * The catalog of all sources, the permissions on it, and an engine for each view that sessions have of it, made when the first
 * such session asks. After a change an engine stays, with its plans, where the change touches nothing that it is made from.
 */
export class Graphs {
  #config: GraphsConfig;
  #givenLimits: LimitSettings;
  /** Those of inherited roles filled in. */
  #limits: LimitSettings;
  #allowLists: readonly AllowListConfig[];
  #registered: ReadonlyMap<string, string>;
  readonly #registry: SourceRegistry;
  #connectors: ReadonlyMap<SourceName, Connector>;
  #metadata: Metadata;
  /** Names that were given before. */
  #names: NameBook = {};
  readonly #swapped = new Set<() => void>();
  readonly #unlisted = new Set<(found: Unlisted) => void>();
  #catalog: Catalog;
  #permissions: Permissions;
  /** Made when it is asked for: names take a moment. */
  #served: TriedMetadata | null = null;
  /** Grows with every change. */
  #changes = 0;
  readonly #engines = new LRUCache<string, Kept>({
    max: defaults.views,
    dispose: ({ engine }) => engine.close(),
  });
  /** One budget for the caches of all roles, so that many roles keep no more than one does. */
  readonly #plans = keptPlans();
  readonly #introspections = introspectionAnswers();
  readonly #marks = new Marks();

  constructor(config: GraphsConfig, registry: SourceRegistry) {
    this.#config = config;
    this.#givenLimits = config.server?.limits ?? {};
    this.#allowLists = config.allow_list ?? [];
    this.#registered = registeredIn(this.#allowLists);
    this.#registry = registry;
    this.#connectors = connectorsOf(registry);
    this.#metadata = config.metadata ?? noMetadata;
    this.#limits = inheritLimits(this.#givenLimits, this.#metadata.inherited_roles);
    this.#catalog = this.#resolve();
    this.#permissions = resolvePermissions(this.#catalog, this.#metadata);
    registry.onChange(() => this.swap());
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  /** What is served now. */
  get metadata(): Metadata {
    return this.#metadata;
  }

  /** Takes over other metadata, at once for all roles; it need not be read again where `tried` has done so and no source changed since. */
  useMetadata(metadata: Metadata, tried?: TriedMetadata): void {
    this.#metadata = metadata;
    if (tried?.connectors === this.#connectors) this.#take(tried.catalog, tried.permissions, tried);
    else this.swap();
  }

  /** Takes over what the sources contain now. Requests that run keep the catalog they started with. */
  swap(): void {
    this.#connectors = connectorsOf(this.#registry);
    const catalog = this.#resolve();
    this.#take(catalog, resolvePermissions(catalog, this.#metadata), null);
  }

  #take(catalog: Catalog, permissions: Permissions, served: TriedMetadata | null): void {
    this.#catalog = catalog;
    this.#permissions = permissions;
    this.#served = served;
    const limits = inheritLimits(this.#givenLimits, this.#metadata.inherited_roles);
    if (!isDeepStrictEqual(limits, this.#limits)) this.#limits = limits;
    this.#changes++;
    for (const listener of this.#swapped) listener();
    for (const [key, { made }] of this.#engines.entries())
      if (this.#changes - made > mostChanges) this.#engines.delete(key);
  }

  /** What a session may ask for: the limits of its role, within those of its credential. */
  limitsOf({ role, limits }: Pick<Session, 'role' | 'limits'>): LimitsConfig {
    const { roles, ...all } = this.#limits;
    return narrowedLimits({ ...all, ...roles?.[role] }, limits);
  }

  /** What operations may cost and which are allowed, by role. */
  get limits(): LimitSettings {
    return this.#limits;
  }

  /** Takes over other limits and lists of operations, at once for all roles. */
  useLimits(limits: LimitSettings, allowLists: readonly AllowListConfig[]): void {
    if (isDeepStrictEqual([limits, allowLists], [this.#givenLimits, this.#allowLists])) return;
    this.#givenLimits = limits;
    this.#allowLists = allowLists;
    this.#registered = registeredIn(allowLists);
    this.#take(this.#catalog, this.#permissions, this.#served);
  }

  /** Takes over other settings, at once for all roles. */
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
      this.#take(this.#catalog, this.#permissions, this.#served);
  }

  /** The document on the list of a role that a client asks for by this id or hash. */
  registered(role: RoleName, id: string): string | undefined {
    return registeredAs(this.#registered, role, id);
  }

  /** Called for each operation that is not on the list of its role; gives a function that ends it. */
  onUnlisted(listener: (found: Unlisted) => void): () => void {
    this.#unlisted.add(listener);
    return () => this.#unlisted.delete(listener);
  }

  get names(): NameBook {
    return this.#names;
  }

  /** Takes other kept names into use. The graph is only rebuilt where they differ from the names in it. */
  useNames(names: NameBook): void {
    if (isDeepStrictEqual(names, this.#names)) return;
    this.#names = names;
    const graph = this.#graphOf(this.#catalog);
    if (!agrees(names, this.#catalog, (table) => graph.tableName(table))) this.swap();
  }

  /** A book with the names of everything that is served now; `null`: it has all of them already. */
  newNames(book: NameBook = this.#names): NameBook | null {
    const graph = this.#graphOf(this.#catalog);
    const sources = this.#registry.sources.map((source) => ({
      name: source.name,
      ...this.#spelling(source),
    }));
    return learned(book, this.#catalog, sources, (table) => graph.tableName(table));
  }

  /** Calls back after each change of the served graphs; returns a function that ends it. */
  onSwap(listener: () => void): () => void {
    this.#swapped.add(listener);
    return () => this.#swapped.delete(listener);
  }

  get permissions(): Permissions {
    return this.#permissions;
  }

  /** What is wrong with the catalog, the permissions, and the names of the whole graph. */
  get issues(): readonly CatalogIssue[] {
    return this.tried(this.#metadata).issues;
  }

  /** What metadata would make of the sources. Changes nothing. */
  tried(metadata: Metadata): TriedMetadata {
    if (metadata === this.#metadata) {
      this.#served ??= this.#judged(this.#catalog, this.#permissions);
      return this.#served;
    }
    const catalog = this.#resolve(metadata);
    return this.#judged(catalog, resolvePermissions(catalog, metadata));
  }

  #judged(catalog: Catalog, permissions: Permissions): TriedMetadata {
    const connectors = this.#connectors;
    const graph = this.#graphOf(catalog);
    return {
      catalog,
      permissions,
      issues: [...catalog.issues, ...permissions.issues, ...graph.issues],
      connectors,
    };
  }

  /** The engine for a session: shared by all sessions that see the same. By default everything is seen. */
  engine(session: Session = adminSession): RoleEngine {
    const key = viewKey(session);
    const kept = this.#engines.get(key);
    if (kept?.checked === this.#changes) return kept.engine;
    const made = this.#make(session);
    if (kept !== undefined && kept.content() === made.content()) {
      kept.checked = this.#changes;
      return kept.engine;
    }
    this.#engines.set(key, made);
    return made.engine;
  }

  /** The caches that all roles share. */
  get caches(): readonly CacheState[] {
    return [this.#plans.state, this.#introspections.state];
  }

  /** Plans kept by all roles. */
  get plans(): number {
    let plans = 0;
    for (const { engine } of this.#engines.values()) plans += engine.size;
    return plans;
  }

  /** The graph is lazy: an engine costs little before it is asked. */
  #make(session: Session): Kept {
    const limits = this.limitsOf(session);
    const whole = this.#catalog;
    const view = viewOf(whole, this.#permissions, session, limits.rows ?? null);
    const connectors = this.#connectors;
    const lists = this.#allowLists.filter(({ role }) => role === session.role);
    const { depth, nodes, tokens, cost } = limits;
    const { key_cap, plan_cache, server } = this.#config;
    // What a plan has passed once is not checked again: an engine goes when that becomes another.
    const besides = [
      ...[depth, nodes, tokens, cost, lists],
      ...[key_cap, plan_cache, server?.show_database_errors],
    ];
    let content: string | undefined;
    return {
      engine: this.#makeEngine(session, view, limits),
      made: this.#changes,
      checked: this.#changes,
      content: () => {
        content ??= viewContent(whole, view, (source) => this.#marks.of(found(connectors, source)), besides);
        return content;
      },
    };
  }

  #makeEngine(session: Session, { catalog, rules }: View, limits: LimitsConfig): RoleEngine {
    // Requests that run when a source is taken away or replaced go on with the one they began with.
    const connectors = this.#connectors;
    const connectorOf = (source: SourceName) => found(connectors, source);
    const capabilitiesOf = (source: SourceName): GraphCapabilities => connectorOf(source).capabilities;
    const { schema } = buildGraph(catalog, capabilitiesOf);
    return new RoleEngine({
      schema,
      rules,
      connectorOf,
      onUnavailable: (source, error) => this.#registry.failed(source, error),
      keyCap: this.#config.key_cap ?? defaults.keyCap,
      cacheSize: this.#config.plan_cache ?? defaults.planCache,
      ...(session.role === adminRole ? {} : { sees: tablesSeen(catalog.sources) }),
      showInternal: session.role === adminRole && (this.#config.server?.show_database_errors ?? false),
      admit: this.#admission(session.role),
      most: { cost: limits.cost ?? null },
      plans: this.#plans,
      introspections: this.#introspections,
    });
  }

  /** `undefined`: the role has no list of operations. */
  #admission(role: RoleName): RoleEngineOptions['admit'] {
    const list = allowListOf(this.#allowLists, role);
    if (list === null) return undefined;
    return (document, operation) => {
      if (list.has(document, operation)) return undefined;
      const name = operation.name?.value ?? null;
      const found = {
        role,
        operationName: name,
        document: spelled(document, operation),
        refused: list.enforced,
      };
      const tell = () => {
        for (const listener of this.#unlisted) listener(found);
      };
      if (!list.enforced) return tell;
      tell();
      throw new FozError(
        'permission-error',
        `${name === null ? 'This operation' : `The operation ${name}`} is not among those that the role may ask for.`,
        { internal: 'operation that is on no list' },
      );
    };
  }

  #resolve(metadata = this.#metadata): Catalog {
    const inputs = this.#inputs();
    const kept = keptIn(this.#names, inputs);
    const catalog = resolveCatalog(inputs, metadata, kept);
    const { longer } = this.#graphOf(catalog);
    return longer.size === 0 ? catalog : resolveCatalog(inputs, metadata, withTables(kept, longer));
  }

  #graphOf(catalog: Catalog): BuiltGraph {
    const reserved = reservedIn(this.#names, this.#inputs(), catalog);
    return buildGraph(catalog, (source) => found(this.#connectors, source).capabilities, { reserved });
  }

  #inputs(): SourceInput[] {
    return this.#registry.sources.flatMap((source): SourceInput[] => {
      if (source.facts === null) return [];
      return [{ name: source.name, ...this.#spelling(source), facts: source.facts }];
    });
  }

  #spelling({ config }: Pick<AttachedSource, 'config'>) {
    return {
      naming: config.naming ?? this.#config.naming ?? ('hasura-default' as const),
      numbers: config.numbers ?? this.#config.numbers ?? ('string' as const),
      customization: {
        rootFields: config.customization?.root_fields ?? {},
        typeNames: config.customization?.type_names ?? {},
      },
    };
  }
}
