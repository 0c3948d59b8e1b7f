import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Permissions, resolvePermissions, type Session } from '../../../src/access/index.ts';
import type {
  Catalog,
  InheritedRoleMetadata,
  Metadata,
  Naming,
  TableMetadata,
} from '../../../src/catalog/index.ts';
import { parseRoleName, type SourceName } from '../../../src/core/index.ts';
import { RoleEngine, tablesSeen } from '../../../src/execute/index.ts';
import { buildGraph } from '../../../src/graph/index.ts';
import type { Connector } from '../../../src/plan/index.ts';
import { viewKey, viewOf } from '../../../src/views/views.ts';
import { attachment, catalogOf } from './instance.ts';
import { metadata } from './metadata.ts';

/** `test/cases/permissions/roles.yaml`. */
export const roleMetadata = parse(
  readFileSync(join(import.meta.dirname, '../../cases/permissions/roles.yaml'), 'utf8'),
) as Metadata;

/** Combines the relationships of the fixtures with permissions on their tables. */
export function withPermissions(
  tables: readonly TableMetadata[],
  inherited: readonly InheritedRoleMetadata[] = [],
): Metadata {
  const keyOf = ({ source, table }: TableMetadata) => `${source}.${String(table)}`;
  const merged = new Map(metadata.tables.map((entry) => [keyOf(entry), entry]));
  for (const entry of tables) merged.set(keyOf(entry), { ...merged.get(keyOf(entry)), ...entry });
  return { tables: [...merged.values()], inherited_roles: inherited };
}

/** One catalog with permissions, and an engine for each session with a different view. */
export class Roles {
  readonly catalog: Catalog;
  readonly permissions: Permissions;
  readonly #connectors: ReadonlyMap<SourceName, Connector>;
  readonly #engines = new Map<string, RoleEngine>();

  private constructor(
    catalog: Catalog,
    permissions: Permissions,
    connectors: ReadonlyMap<SourceName, Connector>,
  ) {
    this.catalog = catalog;
    this.permissions = permissions;
    this.#connectors = connectors;
  }

  /** Throws if the permissions have a problem. */
  static async open(
    connectors: ReadonlyMap<SourceName, Connector>,
    given: Metadata,
    naming: Naming = 'hasura-default',
  ): Promise<Roles> {
    const catalog = await catalogOf(connectors, attachment({ metadata: given, naming }));
    return Roles.on(catalog, given, connectors);
  }

  /**
   * Like `open`, on an already resolved catalog, which must be that of the metadata apart from its
   * permissions.
   */
  static on(catalog: Catalog, given: Metadata, connectors: ReadonlyMap<SourceName, Connector>): Roles {
    const permissions = resolvePermissions(catalog, given);
    const errors = permissions.issues.filter(({ severity }) => severity === 'error');
    if (errors.length > 0)
      throw new Error(errors.map(({ where, reason }) => `${where}: ${reason}`).join('\n'));
    return new Roles(catalog, permissions, connectors);
  }

  engine(session: Session): RoleEngine {
    const key = viewKey(session);
    let engine = this.#engines.get(key);
    if (engine === undefined) {
      engine = this.#make(session);
      this.#engines.set(key, engine);
    }
    return engine;
  }

  #make(session: Session): RoleEngine {
    const connectorOf = (source: SourceName) => this.#connectors.get(source)!;
    const { catalog, rules } = viewOf(this.catalog, this.permissions, session);
    const { schema } = buildGraph(catalog, (source) => connectorOf(source).capabilities);
    return new RoleEngine({
      schema,
      rules,
      connectorOf,
      keyCap: 10_000,
      cacheSize: 1000,
      showInternal: false,
      sees: tablesSeen(catalog.sources),
    });
  }
}

/**
 * Parses `customer user-id=5` or `till backend`: a role, whether a backend vouches for it, and session
 * variables.
 */
export function sessionOf(text: string): Session {
  const [name = '', ...words] = text.split(' ');
  const role = parseRoleName(name);
  if (role === undefined) throw new Error(`${text} names no role`);
  const variables = words.filter((word) => word !== 'backend').map((word) => word.split(/=(.*)/s));
  return {
    role,
    variables: new Map(variables.map(([key = '', value = '']) => [key, value])),
    backend: words.includes('backend'),
  };
}
