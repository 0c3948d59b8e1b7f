import { describePermissions, type Scopes, type TableDescription } from '../access/index.ts';
import { adminRole, type RoleName, roleNamed } from '../core/index.ts';
import type { LimitsConfig } from './config.ts';
import type { Graphs } from './graphs.ts';
import { grantedTo } from './views.ts';

/** What a role may do in the end: inherited roles as merged, what is wrong in the metadata left out. */
export interface RoleDescription {
  readonly role: RoleName;
  readonly tables: readonly TableDescription[];
  /** Limits of its own or of everybody. */
  readonly limits: LimitsConfig;
}

/** The roles that have any permission, by name; the admin role is not among them. */
export function roleNames({ permissions }: Graphs): readonly RoleName[] {
  return [...permissions.roles.keys()].sort();
}

/**
 * What a role may do, within the scopes of a credential where some are given. A role without permissions may do nothing. Throws
 * FozError `validation-failed` for a text that cannot be the name of a role.
 */
export function describeRole(
  graphs: Graphs,
  name: string,
  { scopes }: { readonly scopes?: Scopes } = {},
): RoleDescription {
  const role = roleNamed(name);
  const { roles: own, ...all } = graphs.limits;
  const { catalog, permissions } = graphs;
  const granted = grantedTo(catalog, permissions.roles, { role, scopes });
  return {
    role,
    tables: describePermissions(granted),
    limits: role === adminRole ? all : { ...all, ...own?.[role] },
  };
}
