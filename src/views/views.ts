import {
  type CredentialLimits,
  everyPermission,
  type Permissions,
  type RolePermissions,
  type Scopes,
  type Session,
  type TablePermission,
  type VisibleCatalog,
  visibleCatalog,
} from '../access/index.ts';
import { allowsTable } from '../auth/index.ts';
import type { Catalog } from '../catalog/index.ts';
import { adminRole } from '../core/index.ts';
import { everythingAllowed, type Rules, rulesOf } from '../plan/index.ts';

/** The part of the catalog that a kind of session sees, and the rules that apply. */
export interface View {
  readonly catalog: VisibleCatalog;
  readonly rules: Rules;
  /** The values that the rules were made from. */
  readonly ruledBy: readonly unknown[];
}

/** The key of a session's view. Sessions with equal keys have the same view. */
export function viewKey({ role, backend, scopes, limits }: Session): string {
  if (backend !== true && scopes === undefined && limits === undefined) return role;
  return `${role}\0${backend === true ? 'backend' : ''}\0${scopes?.text ?? ''}\0${limitsText(limits)}`;
}

/** The limits on which the engine or its checks of documents depend. */
function limitsText(limits: CredentialLimits | undefined): string {
  if (limits === undefined) return '';
  const { depth, nodes, tokens, cost, rows } = limits;
  return JSON.stringify([depth, nodes, tokens, cost, rows]);
}

/** The view of a session. It is empty for a role without permissions. */
export function viewOf(
  catalog: Catalog,
  { roles, validations }: Permissions,
  session: Session,
  mostRows: number | null = null,
): View {
  const { role, scopes } = session;
  if (role === adminRole && scopes === undefined) {
    const rules = limited(everythingAllowed(validations), mostRows);
    return { catalog, rules, ruledBy: [role, validations, mostRows] };
  }
  const permissions = grantedTo(catalog, roles, session);
  const visible = visibleCatalog(catalog, permissions, session.backend ?? false);
  return {
    catalog: visible,
    rules: limited(rulesOf(permissions, validations), mostRows),
    ruledBy: [
      role,
      permissions.tables,
      [...permissions.tables.keys()].map((id) => validations.get(id)),
      mostRows,
    ],
  };
}

/** The permissions of a session: those of its role, within the scopes of its credential. */
export function grantedTo(
  catalog: Catalog,
  roles: Permissions['roles'],
  { role, scopes }: Pick<Session, 'role' | 'scopes'>,
): RolePermissions {
  const granted =
    role === adminRole ? everyPermission(catalog) : (roles.get(role) ?? { role, tables: new Map() });
  return scopes === undefined ? granted : narrowed(granted, scopes);
}

/** The rules, with lists limited to the given number of rows. */
function limited(rules: Rules, most: number | null): Rules {
  if (most === null) return rules;
  return {
    ...rules,
    select(table) {
      const { filter, limit } = rules.select(table);
      return { filter, limit: limit === null ? most : Math.min(limit, most) };
    },
  };
}

/** The part of a role's permissions within the scopes of a credential. */
function narrowed({ role, tables }: RolePermissions, scopes: Scopes): RolePermissions {
  const inScope = [...tables].filter(([, { table }]) =>
    allowsTable(scopes, { source: table.source.name, namespace: table.namespace, table: table.name }),
  );
  return {
    role,
    tables: new Map(inScope.map(([id, permission]) => [id, narrowedTable(permission, scopes)])),
  };
}

const none: ReadonlySet<never> = new Set();

function narrowedTable(permission: TablePermission, { operations }: Scopes): TablePermission {
  const { table, select, insert, update, delete: remove } = permission;
  const writes = operations.has('write');
  const roots = {
    ...(operations.has('read') ? {} : { queryRoots: none }),
    ...(operations.has('subscribe') ? {} : { subscriptionRoots: none }),
  };
  return {
    table,
    select: select === null ? null : { ...select, ...roots },
    insert: writes ? insert : null,
    update: writes ? update : null,
    delete: writes ? remove : null,
  };
}
