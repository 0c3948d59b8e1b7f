import { type Catalog, noMetadata, resolveCatalog, type SourceInput } from '../catalog/index.ts';
import type { RoleName, SourceName } from '../core/index.ts';
import { FozError } from '../core/index.ts';
import { RoleEngine } from '../execute/index.ts';
import { buildGraph, type GraphCapabilities } from '../graph/index.ts';
import { adminRules, type Connector } from '../plan/index.ts';
import type { FozConfig } from './config.ts';
import type { SourceRegistry } from './sources.ts';

const defaults = { keyCap: 10_000, planCache: 2000 } as const;

/** The catalog of all sources and the engine of each role on it; both are made anew when a source changes. */
export class Graphs {
  readonly #config: FozConfig;
  readonly #registry: SourceRegistry;
  readonly #connectors: ReadonlyMap<SourceName, Connector>;
  #catalog: Catalog;
  #engines = new Map<RoleName, RoleEngine>();

  constructor(config: FozConfig, registry: SourceRegistry) {
    this.#config = config;
    this.#registry = registry;
    this.#connectors = new Map(registry.sources.map((source) => [source.name, source.connector]));
    this.#catalog = this.#resolve();
    registry.onChange(() => this.swap());
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  /** Takes over what the sources contain now. Requests that run keep the catalog they started with. */
  swap(): void {
    this.#catalog = this.#resolve();
    this.#engines = new Map();
  }

  /** The engine of a role. Roles other than admin come with permissions. */
  engine(role: RoleName): RoleEngine {
    let engine = this.#engines.get(role);
    if (engine === undefined) {
      engine = this.#makeEngine();
      this.#engines.set(role, engine);
    }
    return engine;
  }

  /** Plans kept by all roles. */
  get plans(): number {
    let plans = 0;
    for (const engine of this.#engines.values()) plans += engine.size;
    return plans;
  }

  #makeEngine(): RoleEngine {
    const capabilitiesOf = (source: SourceName): GraphCapabilities => this.#connector(source).capabilities;
    const { schema } = buildGraph(this.#catalog, capabilitiesOf);
    return new RoleEngine({
      schema,
      rules: adminRules,
      connectorOf: (source) => this.#connector(source),
      keyCap: this.#config.key_cap ?? defaults.keyCap,
      cacheSize: this.#config.plan_cache ?? defaults.planCache,
      showInternal: this.#config.server?.show_database_errors ?? false,
    });
  }

  #connector(source: SourceName): Connector {
    const connector = this.#connectors.get(source);
    if (connector === undefined) throw new FozError('not-found', `There is no source ${source}.`);
    return connector;
  }

  #resolve(): Catalog {
    const inputs = this.#registry.sources.flatMap((source): SourceInput[] => {
      if (source.facts === null) return [];
      const { config } = source;
      return [
        {
          name: source.name,
          naming: config.naming ?? this.#config.naming ?? 'hasura-default',
          numbers: config.numbers ?? this.#config.numbers ?? 'string',
          customization: {
            rootFields: config.customization?.root_fields ?? {},
            typeNames: config.customization?.type_names ?? {},
          },
          facts: source.facts,
        },
      ];
    });
    return resolveCatalog(inputs, this.#config.metadata ?? noMetadata);
  }
}
