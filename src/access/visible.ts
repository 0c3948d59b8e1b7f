import {
  type Catalog,
  type Column,
  isEveryRow,
  type Relationship,
  type Source,
  type Table,
} from '../catalog/index.ts';
import type { SourceName } from '../core/index.ts';
import type { RolePermissions, TablePermission } from './permission.ts';

/** The part of a catalog that a role can see. */
export type VisibleCatalog = Pick<Catalog, 'sources'>;

/**
 * The catalog as a role sees it: the tables that the role has any permission on, with the columns that it can read,
 * and the sources of those tables. `backend`: the request comes from a backend, so that backend-only permissions
 * apply.
 */
export function visibleCatalog(
  catalog: Pick<Catalog, 'sources'>,
  { tables: permissions }: RolePermissions,
  backend: boolean,
): VisibleCatalog {
  const seen = new Map<Table, { readonly table: Table; readonly relationships: Relationship[] }>();
  const sources = new Map<SourceName, Source>();
  for (const whole of catalog.sources.values()) {
    const tables: Table[] = [];
    const source: Source = { ...whole, tables };
    for (const table of whole.tables) {
      const permission = permissions.get(table.id);
      if (permission === undefined || !grantsSomething(permission, backend)) continue;
      const relationships: Relationship[] = [];
      const view = visibleTable(source, table, permission, relationships, backend);
      tables.push(view);
      seen.set(table, { table: view, relationships });
    }
    if (tables.length > 0) sources.set(source.name, source);
  }
  for (const [whole, { table: from, relationships }] of seen) {
    for (const relationship of whole.relationships) {
      const to = seen.get(relationship.to)?.table;
      if (to === undefined) continue;
      const filter = permissions.get(to.id)?.select?.filter;
      const nullable = relationship.nullable || filter === undefined || !isEveryRow(filter);
      relationships.push({ ...relationship, from, to, nullable });
    }
  }
  return { sources };
}

function grantsSomething(
  { select, insert, update, delete: remove }: TablePermission,
  backend: boolean,
): boolean {
  const holds = (permission: { readonly backendOnly: boolean } | null) =>
    permission !== null && (backend || !permission.backendOnly);
  return select !== null || holds(insert) || holds(update) || holds(remove);
}

function visibleTable(
  source: Source,
  whole: Table,
  { select, insert, update, delete: remove }: TablePermission,
  relationships: readonly Relationship[],
  backend: boolean,
): Table {
  const columns = (select?.columns ?? []).map((column): Column => {
    const mask = select!.masks.get(column);
    return mask === undefined ? column : { ...column, mask, nullable: true };
  });
  const holds = (permission: { readonly backendOnly: boolean } | null) =>
    permission !== null && (backend || !permission.backendOnly);
  return {
    ...whole,
    source,
    columns,
    relationships,
    insertable: whole.insertable && holds(insert),
    updatable: whole.updatable && holds(update),
    deletable: holds(remove) && (remove!.presets.size > 0 ? whole.updatable : whole.deletable),
    access: {
      whole,
      // GraphQL has no object types without fields.
      select: columns.length > 0,
      // Rows without a readable column can still be counted.
      aggregate: select?.aggregations ?? false,
      roots: { query: select?.queryRoots ?? null, subscription: select?.subscriptionRoots ?? null },
      insertColumns: holds(insert) ? insert!.columns : [],
      insertPresets: new Set(holds(insert) ? insert!.presets.keys() : []),
      updateColumns: holds(update) ? update!.columns : [],
    },
  };
}
