import { type Catalog, everyRow, type Table } from '../catalog/index.ts';
import { adminRole } from '../core/index.ts';
import type { RolePermissions, TablePermission } from './permission.ts';

/** Explicit permissions for everything. The scopes of a credential of the admin role narrow them. */
export function everyPermission(catalog: Pick<Catalog, 'sources'>): RolePermissions {
  const tables = [...catalog.sources.values()].flatMap((source) => source.tables);
  return { role: adminRole, tables: new Map(tables.map((table) => [table.id, ofTable(table)])) };
}

function ofTable(table: Table): TablePermission {
  const { columns } = table;
  const write = { columns, check: everyRow, presets: new Map(), backendOnly: false } as const;
  return {
    table,
    select: {
      columns,
      masks: new Map(),
      filter: everyRow,
      limit: null,
      aggregations: true,
      queryRoots: null,
      subscriptionRoots: null,
    },
    insert: write,
    update: { ...write, filter: everyRow },
    delete: { filter: everyRow, presets: new Map(), backendOnly: false },
  };
}
