import type { GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { LimitsConfig, Permissions, Session } from '../access/index.ts';
import type { Catalog } from '../catalog/index.ts';
import { adminRole, type CacheState, type FozError, type RoleName, type SourceName } from '../core/index.ts';
import {
  BrokenColumns,
  introspectionAnswers,
  planBudget,
  RoleEngine,
  type ServiceCall,
  tablesSeen,
} from '../execute/index.ts';
import { type BuiltGraph, buildGraph, type ServiceFields } from '../graph/index.ts';
import type { Connector } from '../plan/index.ts';
import { whyAbsent } from './absent-operations.ts';
import type { AllowListConfig, GraphsConfig, LimitSettings } from './config.ts';
import { ConnectorIds } from './connector-ids.ts';
import { connectorOf } from './connectors.ts';
import { admission, type UnlistedRequest } from './operations/admission.ts';
import { sessionLimits } from './role-limits.ts';
import { viewContent } from './view-content.ts';
import { type View, viewKey, viewOf } from './views.ts';

const defaults = { keyCap: 10_000, planCache: 2000, views: 200 } as const;

/** An engine keeps the catalog it was built from in memory, so it is replaced after this many changes. */
const mostChanges = 8;

/** A call of a service by a role. */
export interface RoleServiceCall extends ServiceCall {
  readonly role: RoleName;
}

/** Answers the root fields that are not those of tables. Rejects with FozError. */
export type CallRoleService = (call: RoleServiceCall) => Promise<unknown>;

/** Everything that engines are built from, as it is now. */
export interface EngineParts {
  readonly catalog: Catalog;
  readonly permissions: Permissions;
  readonly connectors: ReadonlyMap<SourceName, Connector>;
  readonly config: GraphsConfig;
  readonly limits: LimitSettings;
  readonly allowLists: readonly AllowListConfig[];
  /** The root fields of a session that are not those of tables. */
  readonly servicesOf: (session: Session) => ServiceFields;
  readonly callService: CallRoleService;
}

/** A cached engine, with the number of the change at which it was built and of the one at which it was last found up to date. */
interface CachedEngine {
  readonly engine: RoleEngine;
  readonly made: number;
  checked: number;
  /** See `viewContent`. */
  readonly content: () => string;
}

/**
 * An engine for each view of the catalog, built when the first session needs it. After a change, an engine stays with its plans if the
 * change affects nothing that it was built from.
 */
export class RoleEngines {
  readonly #parts: () => EngineParts;
  readonly #onUnavailable: (source: SourceName, error: FozError) => void;
  readonly #unlisted = new Set<(found: UnlistedRequest) => void>();
  /** Increases with every change of the parts. */
  #changes = 0;
  readonly #engines = new LRUCache<string, CachedEngine>({
    max: defaults.views,
    dispose: ({ engine }) => engine.close(),
  });
  /** One budget for the caches of all roles, so that many roles keep no more than one does. */
  readonly #plans = planBudget();
  readonly #introspections = introspectionAnswers();
  readonly #connectorIds = new ConnectorIds();

  /** `onUnavailable`: called for every statement that failed with `unavailable`. */
  constructor(parts: () => EngineParts, onUnavailable: (source: SourceName, error: FozError) => void) {
    this.#parts = parts;
    this.#onUnavailable = onUnavailable;
  }

  /** Called after the parts have changed: every engine is compared with them before it is used again. */
  renew(): void {
    this.#changes++;
  }

  /** Discards engines that were built many changes ago. */
  discardOld(): void {
    for (const [key, { made }] of this.#engines.entries())
      if (this.#changes - made > mostChanges) this.#engines.delete(key);
  }

  /** Calls the listener for each operation that is not on the allow-list of its role. Returns a function that removes the listener. */
  onUnlisted(listener: (found: UnlistedRequest) => void): () => void {
    this.#unlisted.add(listener);
    return () => this.#unlisted.delete(listener);
  }

  /** The engine of a session, shared by all sessions with the same view. */
  engine(session: Session): RoleEngine {
    const key = viewKey(session);
    const cached = this.#engines.get(key);
    if (cached?.checked === this.#changes) return cached.engine;
    const made = this.#make(session);
    if (cached !== undefined && cached.content() === made.content()) {
      cached.checked = this.#changes;
      return cached.engine;
    }
    this.#engines.set(key, made);
    return made.engine;
  }

  /** The schema of a session, built for the caller: types that the caller makes it create are not kept. */
  schema(session: Session): GraphQLSchema {
    const { catalog, permissions, connectors, limits, servicesOf } = this.#parts();
    const view = viewOf(catalog, permissions, session, sessionLimits(limits, session).rows ?? null);
    return roleGraph(view.catalog, connectors, servicesOf(session)).schema;
  }

  /** The caches shared by all roles. */
  get caches(): readonly CacheState[] {
    return [this.#plans.state, this.#introspections.state];
  }

  /** The number of cached plans of all roles. */
  get plans(): number {
    let plans = 0;
    for (const { engine } of this.#engines.values()) plans += engine.size;
    return plans;
  }

  /** Builds an engine. This is cheap, since the graph is built lazily. */
  #make(session: Session): CachedEngine {
    const parts = this.#parts();
    const { catalog, permissions, connectors, config, allowLists } = parts;
    const limits = sessionLimits(parts.limits, session);
    const view = viewOf(catalog, permissions, session, limits.rows ?? null);
    const lists = allowLists.filter(({ role }) => role === session.role);
    const { depth, nodes, tokens, cost } = limits;
    const { key_cap, plan_cache, server } = config;
    const services = parts.servicesOf(session);
    // Plans were checked against these settings when they were cached, so an engine is only reused while they stay.
    const besides = [
      ...[depth, nodes, tokens, cost, lists],
      ...[key_cap, plan_cache, server?.show_database_errors],
      services.content,
    ];
    let content: string | undefined;
    return {
      engine: this.#makeEngine(session, view, limits, { ...parts, services }),
      made: this.#changes,
      checked: this.#changes,
      content: () => {
        content ??= viewContent(
          catalog,
          view,
          (source) => this.#connectorIds.of(connectorOf(connectors, source)),
          besides,
        );
        return content;
      },
    };
  }

  #makeEngine(
    session: Session,
    { catalog, rules }: View,
    limits: LimitsConfig,
    // Requests that run while a source is removed or replaced finish on the connectors they started with.
    {
      connectors,
      config,
      allowLists,
      callService,
      services,
    }: EngineParts & { readonly services: ServiceFields },
  ): RoleEngine {
    const graph = roleGraph(catalog, connectors, services);
    const { role } = session;
    return new RoleEngine({
      schema: graph.schema,
      broken: new BrokenColumns(catalog.sources, graph.columnName),
      rules,
      connectorOf: (source) => connectorOf(connectors, source),
      onUnavailable: this.#onUnavailable,
      keyCap: config.key_cap ?? defaults.keyCap,
      cacheSize: config.plan_cache ?? defaults.planCache,
      ...(session.role === adminRole ? {} : { sees: tablesSeen(catalog.sources) }),
      showInternal: session.role === adminRole && (config.server?.show_database_errors ?? false),
      admit: admission(allowLists, session.role, (found) => {
        for (const listener of this.#unlisted) listener(found);
      }),
      most: { cost: limits.cost ?? null },
      callService: (call) => callService({ ...call, role }),
      whyAbsent: (kind) => whyAbsent(session, kind),
      plans: this.#plans,
      introspections: this.#introspections,
    });
  }
}

function roleGraph(
  catalog: View['catalog'],
  connectors: ReadonlyMap<SourceName, Connector>,
  services: ServiceFields,
): BuiltGraph {
  return buildGraph(catalog, (source) => connectorOf(connectors, source).capabilities, {
    subscriptions: true,
    services,
  });
}
