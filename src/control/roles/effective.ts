import type { LimitsConfig } from '../../access/index.ts';
import { describePermissions, type Session, type TableDescription } from '../../access/index.ts';
import { type RoleName, roleNamed } from '../../core/index.ts';
import type { Graphs } from '../../views/index.ts';
import { grantedTo } from '../../views/index.ts';

/** What a role may do in the end: inherited roles as merged, what is wrong in the metadata left out. */
export interface RoleDescription {
  readonly role: RoleName;
  readonly tables: readonly TableDescription[];
  /** Limits of its own or of everybody, within those of the credential. */
  readonly limits: LimitsConfig;
}

/** The roles that have any permission, by name; the admin role is not among them. */
export function roleNames({ permissions }: Graphs): readonly RoleName[] {
  return [...permissions.roles.keys()].sort();
}

/**
 * What a role may do, within the scopes and limits of a credential where some are given. A role without permissions may do nothing. Throws
 * FozError `validation-failed` for a text that cannot be the name of a role.
 */
export function describeRole(
  graphs: Graphs,
  name: string,
  { scopes, limits }: Pick<Session, 'scopes' | 'limits'> = {},
): RoleDescription {
  const role = roleNamed(name);
  const { catalog, permissions } = graphs;
  const granted = grantedTo(catalog, permissions.roles, { role, scopes });
  return {
    role,
    tables: describePermissions(granted),
    limits: graphs.limitsOf({ role, limits }),
  };
}
