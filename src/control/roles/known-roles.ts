import { entriesOf } from '../../access/index.ts';
import { didYouMean, type Metadata } from '../../catalog/index.ts';
import { adminRole, FozError, FozErrors, type RoleName, roleNamed } from '../../core/index.ts';
import type { Graphs } from '../../views/index.ts';
import type { ConfigIssue, FozConfig } from '../config/config.ts';
import { spelled } from '../metadata/located-yaml.ts';

/** The roles with permissions in the metadata, inherited roles among them, and the admin role. */
export function rolesOf(metadata: Metadata): ReadonlySet<string> {
  const lists = metadata.tables.flatMap((table) => [
    ...(table.select_permissions ?? []),
    ...(table.insert_permissions ?? []),
    ...(table.update_permissions ?? []),
    ...(table.delete_permissions ?? []),
  ]);
  const ofWorkflows = (metadata.workflows ?? []).flatMap(({ permissions }) =>
    entriesOf(permissions).flatMap(({ role }) => (typeof role === 'string' ? [role] : [])),
  );
  const inherited = (metadata.inherited_roles ?? []).map(({ role_name: name }) => name);
  return new Set([adminRole, ...lists.map(({ role }) => role), ...ofWorkflows, ...inherited]);
}

/** The problem of a role name: it has no permissions at all, so it is probably misspelled. `null`: it has some. */
export function unknownRole(known: Iterable<string>, name: string): string | null {
  const names = new Set(known);
  if (names.has(name)) return null;
  const others = [...names].filter((other) => other !== adminRole).sort();
  const some = others.length > 8 ? `${others.slice(0, 8).join(', ')}, ...` : others.join(', ');
  const list = others.length === 0 ? 'no role has any' : `those that have are ${some}`;
  return `The role "${name}" has no permission${didYouMean(name, names)}: ${list}.`;
}

/** A role with permissions, or the admin role. Throws FozError `not-found`, and `validation-failed` for an invalid name. */
export function knownRole({ metadata }: Pick<Graphs, 'metadata'>, text: string): RoleName {
  const role = roleNamed(text);
  const problem = unknownRole(rolesOf(metadata), role);
  if (problem === null) return role;
  throw new FozError('not-found', problem);
}

/**
 * Throws FozErrors `validation-failed` that name all roles without permissions. While no role has permissions yet, none is refused.
 */
export function refuseUnknownRoles({ metadata }: Pick<Graphs, 'metadata'>, names: readonly string[]): void {
  const known = rolesOf(metadata);
  if (known.size === 1) return;
  const problems = names.map((name) => unknownRole(known, name)).filter((problem) => problem !== null);
  if (problems.length > 0)
    throw new FozErrors(problems.map((problem) => new FozError('validation-failed', `roles: ${problem}`)));
}

/** Problems of roles that a configuration uses outside the metadata and that have no permissions there. */
export function rolesWithoutPermissions(config: FozConfig, metadata: Metadata): readonly ConfigIssue[] {
  const known = rolesOf(metadata);
  const { auth, server, allow_list: lists = [] } = config;
  const named: (readonly [path: ConfigIssue['inConfig'], role: string | null | undefined])[] = [
    ...(auth?.api_keys ?? []).flatMap(({ roles }, key) =>
      roles.map((role, at) => [['auth', 'api_keys', key, 'roles', at], role] as const),
    ),
    ...lists.map(({ role }, at) => [['allow_list', at, 'role'], role] as const),
    ...Object.keys(server?.limits?.roles ?? {}).map(
      (role) => [['server', 'limits', 'roles', role], role] as const,
    ),
    [['auth', 'anonymous_role'], auth?.anonymous_role],
  ];
  return named.flatMap(([inConfig, role]): ConfigIssue[] => {
    const reason = role === undefined || role === null ? null : unknownRole(known, role);
    return reason === null ? [] : [{ severity: 'note', where: spelled(inConfig), reason, inConfig }];
  });
}
