import { isDeepStrictEqual } from 'node:util';
import {
  bothRules,
  type CatalogIssue,
  type Column,
  didYouMean,
  eitherRule,
  everyRow,
  type InheritedRoleMetadata,
  isEveryRow,
  type RootFieldKind,
  type RowRule,
  type Table,
} from '../catalog/index.ts';
import { adminRole, parseRoleName, type RoleName } from '../core/index.ts';
import type { SelectPermission, TablePermission } from './permission.ts';
import type { PermissionKind, PermissionsDraft } from './permissions-draft.ts';

/**
 * Adds roles that inherit the permissions of several others. A value is visible where any of these roles sees it,
 * and masked elsewhere. A write permission is inherited if all roles that have it have the same. A permission of the
 * role's own takes precedence. If that one has faults, none is inherited in its place.
 */
export function addInherited(
  draft: PermissionsDraft,
  inherited: readonly InheritedRoleMetadata[],
  issues: CatalogIssue[],
): void {
  const declared = new Map(inherited.map((entry) => [entry.role_name, entry]));
  const done = new Set<string>();
  const visit = (name: string, above: readonly string[]): void => {
    const entry = declared.get(name);
    if (entry === undefined || done.has(name)) return;
    const refuse = (reason: string) =>
      issues.push({ severity: 'error', where: `inherited role ${JSON.stringify(name)}`, reason });
    if (above.includes(name)) return void refuse(`it inherits from itself: ${[...above, name].join(' -> ')}`);
    for (const parent of entry.role_set) visit(parent, [...above, name]);
    if (done.has(name)) return;
    done.add(name);
    const role = parseRoleName(name);
    if (role === undefined || role === adminRole) return void refuse('this is no name for an inherited role');
    if (entry.role_set.includes(adminRole))
      return void refuse('admin cannot be inherited: it may do everything');
    const parents = entry.role_set.filter((parent) => parent !== name).map((parent) => parent as RoleName);
    merge(draft, role, parents, issues);
  };
  for (const { role_name } of inherited) visit(role_name, []);
  for (const [index, entry] of inherited.entries())
    for (const [at, name] of entry.role_set.entries()) {
      if (draft.roles.has(name as RoleName) || name === adminRole) continue;
      issues.push({
        severity: 'note',
        where: `inherited role ${JSON.stringify(entry.role_name)}, role_set[${at}]`,
        reason: `no role "${name}" has any permission${didYouMean(name, draft.roles.keys())}`,
        path: ['inherited_roles', index, 'role_set', at],
      });
    }
}

function merge(
  draft: PermissionsDraft,
  role: RoleName,
  parents: readonly RoleName[],
  issues: CatalogIssue[],
): void {
  const own = draft.of(role);
  const byTable = new Map<string, TablePermission[]>();
  for (const parent of new Set(parents)) {
    for (const [id, permission] of draft.roles.get(parent) ?? []) {
      const list = byTable.get(id);
      if (list === undefined) byTable.set(id, [permission]);
      else list.push(permission);
    }
  }
  for (const [id, list] of byTable) {
    const { table } = list[0]!;
    const given = own.get(id);
    const granting = (kind: PermissionKind) => (draft.refused(role, id, kind) ? [] : list);
    const note = (kind: string) =>
      issues.push({
        severity: 'note',
        where: `${id}: ${kind} permission of role ${JSON.stringify(role)}`,
        reason:
          'several of its roles have one, and not the same, so it is not taken over: give the role its own',
      });
    own.set(id, {
      table,
      select:
        given?.select ??
        mergeSelect(
          table,
          granting('select').flatMap(({ select }) => select ?? []),
        ),
      insert: given?.insert ?? same(granting('insert'), 'insert', note),
      update: given?.update ?? same(granting('update'), 'update', note),
      delete: given?.delete ?? same(granting('delete'), 'delete', note),
    });
  }
}

/** The permission of this kind, if all roles that have one have the same. */
function same<K extends 'insert' | 'update' | 'delete'>(
  list: readonly TablePermission[],
  kind: K,
  note: (kind: string) => void,
): TablePermission[K] {
  const found = list.map((permission) => permission[kind]).filter((permission) => permission !== null);
  const [first = null, ...others] = found;
  if (others.every((other) => isDeepStrictEqual(other, first))) return first;
  note(kind);
  return null;
}

function mergeSelect(table: Table, list: readonly SelectPermission[]): SelectPermission | null {
  if (list.length < 2) return list[0] ?? null;
  const filter = eitherRule(list.map((permission) => permission.filter));
  const masks = new Map<Column, RowRule>();
  const columns = table.columns.filter((column) => {
    const granting = list.filter((permission) => permission.columns.includes(column));
    if (granting.length === 0) return false;
    const seen = eitherRule(
      granting.map((permission) => bothRules(permission.filter, permission.masks.get(column) ?? everyRow)),
    );
    const everywhere =
      granting.length === list.length && granting.every(({ masks: own }) => !own.has(column));
    if (everywhere || isEveryRow(seen)) return true;
    masks.set(column, seen);
    return true;
  });
  const limits = list.map(({ limit }) => limit);
  return {
    columns,
    masks,
    filter,
    limit: limits.includes(null) ? null : Math.max(...limits.map((limit) => limit!)),
    aggregations: list.some(({ aggregations }) => aggregations),
    queryRoots: union(list.map(({ queryRoots }) => queryRoots)),
    subscriptionRoots: union(list.map(({ subscriptionRoots }) => subscriptionRoots)),
  };
}

function union(sets: readonly (ReadonlySet<RootFieldKind> | null)[]): ReadonlySet<RootFieldKind> | null {
  if (sets.includes(null)) return null;
  return new Set(sets.flatMap((set) => [...set!]));
}
