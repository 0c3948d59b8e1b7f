import type { InheritedRoleMetadata, PermissionMetadata, TableMetadata } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { editTable, type MetadataEdit, type TableRef } from './edit.ts';

/** The rights of a permission. */
export type PermissionOperation = 'select' | 'insert' | 'update' | 'delete';

type Listed = readonly PermissionMetadata<unknown>[];

/** Sets a role's permission, replacing an existing one. */
export function setPermission(
  table: TableRef,
  role: string,
  operation: PermissionOperation,
  permission: unknown,
  comment: string | null = null,
): MetadataEdit {
  const given = { role, permission, ...(comment === null ? {} : { comment }) };
  return permissionEdit('permission.set', table, operation, (list) => {
    const at = list.findIndex((one) => one.role === role);
    return at < 0 ? [...list, given] : list.map((one, index) => (index === at ? given : one));
  });
}

/** Removes a role's permission. Fails with FozError `not-found` when it has none. */
export function dropPermission(table: TableRef, role: string, operation: PermissionOperation): MetadataEdit {
  return permissionEdit('permission.drop', table, operation, (list) => {
    const rest = list.filter((one) => one.role !== role);
    if (rest.length === list.length)
      throw new FozError('not-found', `The role ${role} has no ${operation} permission on ${table.table}.`);
    return rest;
  });
}

function permissionEdit(
  name: string,
  table: TableRef,
  operation: PermissionOperation,
  change: (list: Listed) => Listed,
): MetadataEdit {
  const key = `${operation}_permissions` as const;
  return {
    operation: name,
    table,
    apply: (base) =>
      editTable(base, table, (entry) => ({ ...entry, [key]: change(entry[key] ?? []) }) as TableMetadata),
  };
}

/** Declares or changes an inherited role: it has the permissions of several other roles together. */
export function setInheritedRole(
  role: string,
  roles: readonly string[],
  comment: string | null = null,
): MetadataEdit {
  const given = { role_name: role, role_set: roles, ...(comment === null ? {} : { comment }) };
  return rolesEdit('inherited-role.set', (list) => {
    const at = list.findIndex((one) => one.role_name === role);
    return at < 0 ? [...list, given] : list.map((one, index) => (index === at ? given : one));
  });
}

/** Removes an inherited role. Fails with FozError `not-found` when it does not exist. */
export function dropInheritedRole(role: string): MetadataEdit {
  return rolesEdit('inherited-role.drop', (list) => {
    const rest = list.filter((one) => one.role_name !== role);
    if (rest.length === list.length) throw new FozError('not-found', `There is no inherited role "${role}".`);
    return rest;
  });
}

function rolesEdit(
  operation: string,
  change: (list: readonly InheritedRoleMetadata[]) => readonly InheritedRoleMetadata[],
): MetadataEdit {
  return {
    operation,
    apply: ({ metadata: { inherited_roles = [], ...metadata } }) => {
      const roles = change(inherited_roles);
      return roles.length === 0 ? metadata : { ...metadata, inherited_roles: roles };
    },
  };
}
