import type { Metadata } from '../catalog/index.ts';
import { adminRole } from '../core/index.ts';

/** Which runs of a workflow a role sees: those that the same role with the same session variables has started, or all. */
export type SeenRuns = 'own' | 'all';

/** The workflows that a role may start, and those whose runs it sees. */
export interface WorkflowPermissions {
  mayStart(workflow: string): boolean;
  /** `null`: none. */
  seen(workflow: string): SeenRuns | null;
}

/** The permissions of a role on workflows, with those of the roles that it inherits. Entries of a wrong form allow nothing. */
export function workflowPermissions(metadata: Metadata, role: string): WorkflowPermissions {
  if (role === adminRole) return { mayStart: () => true, seen: () => 'all' };
  const roles = withInherited(metadata, role);
  const start = new Set<string>();
  const seen = new Map<string, SeenRuns>();
  for (const { name, permissions } of metadata.workflows ?? [])
    for (const permission of entriesOf(permissions)) {
      if (typeof permission.role !== 'string' || !roles.has(permission.role)) continue;
      if (permission.start !== false) start.add(name);
      const { see } = permission;
      if (see === 'all' || (see === 'own' && !seen.has(name))) seen.set(name, see);
    }
  return { mayStart: (workflow) => start.has(workflow), seen: (workflow) => seen.get(workflow) ?? null };
}

/** A role and all roles that it inherits, at any distance. */
function withInherited({ inherited_roles: inherited = [] }: Metadata, role: string): ReadonlySet<string> {
  const roles = new Set([role]);
  // A set may grow while it is gone through.
  for (const one of roles)
    for (const { role_name: name, role_set: parents } of inherited)
      if (name === one) for (const parent of parents) roles.add(parent);
  return roles;
}

interface Entry {
  readonly role?: unknown;
  readonly start?: unknown;
  readonly see?: unknown;
}

/** The entries of a list of permissions of any form. */
export function entriesOf(permissions: unknown): readonly Entry[] {
  return Array.isArray(permissions)
    ? permissions.filter((one) => typeof one === 'object' && one !== null)
    : [];
}
