import type { LimitsConfig } from '../../access/index.ts';
import { describePermissions, type Session, type TableDescription } from '../../access/index.ts';
import { type RoleName, roleNamed } from '../../core/index.ts';
import type { Graphs } from '../../views/index.ts';
import { grantedTo } from '../../views/index.ts';

/** The effective permissions of a role: those of inherited roles merged, invalid metadata left out. */
export interface RoleDescription {
  readonly role: RoleName;
  readonly tables: readonly TableDescription[];
  /** The role's limits or the general ones, narrowed by those of the credential. */
  readonly limits: LimitsConfig;
}

/** The roles with any permission, by name, without the admin role. */
export function roleNames({ permissions }: Graphs): readonly RoleName[] {
  return [...permissions.roles.keys()].sort();
}

/**
 * The effective permissions of a role, narrowed by the scopes and limits of a credential if given. A role without permissions has an empty
 * list. Throws FozError `validation-failed` for an invalid role name.
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
