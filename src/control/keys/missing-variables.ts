import { type NeededVariable, neededVariables } from '../../access/index.ts';
import { declaredKeys, type KeyRecord, scopesOf } from '../../auth/index.ts';
import { adminRole, type RoleName } from '../../core/index.ts';
import { type Graphs, grantedTo } from '../../views/index.ts';
import type { ConfigIssue, FozConfig } from '../config/config.ts';
import { spelled } from '../metadata/located-yaml.ts';

/**
 * The session variables that the permissions of a role need, within the scopes of a key, and that the key does not set. A request with a
 * key has no other variables than those of the key.
 */
export function missingVariables(
  { catalog, permissions }: Pick<Graphs, 'catalog' | 'permissions'>,
  { variables, scopes }: Pick<KeyRecord, 'variables' | 'scopes'>,
  role: string,
): readonly NeededVariable[] {
  if (role === adminRole) return [];
  const granted = grantedTo(catalog, permissions.roles, {
    role: role as RoleName,
    scopes: scopesOf(scopes),
  });
  // Each session has its role as a variable.
  return neededVariables(granted, permissions.validations).filter(
    ({ name }) => name !== 'role' && !Object.hasOwn(variables, name),
  );
}

/** Problems of keys and of the anonymous role in a configuration: without these variables, requests are refused. */
export function unsetVariables({ auth }: Pick<FozConfig, 'auth'>, graphs: Graphs): readonly ConfigIssue[] {
  const issue = (
    inConfig: ConfigIssue['inConfig'],
    who: string,
    role: string,
    wayOut: string,
    missing: NeededVariable,
  ) => ({
    severity: missing.forReads ? ('error' as const) : ('note' as const),
    where: spelled(inConfig),
    inConfig,
    reason: `${who} has no variable ${missing.name}, which the role ${role} needs for ${missing.tables.join(', ')}: ${wayOut}`,
  });
  const ofKeys = declaredKeys(auth?.api_keys ?? []).flatMap((key, at) =>
    key.roles.flatMap((role) =>
      missingVariables(graphs, key, role).map((missing) => {
        const wayOut = `set it (variables: { ${missing.name}: ... }), or keep the key off these tables (scopes)`;
        return issue(['auth', 'api_keys', at], `the key ${key.name}`, role, wayOut, missing);
      }),
    ),
  );
  const anonymous = auth?.anonymous_role;
  if (anonymous === undefined) return ofKeys;
  const wayOut = 'nobody can set one without credentials, so give this role another condition';
  return [
    ...ofKeys,
    ...missingVariables(graphs, { variables: {} }, anonymous).map((missing) =>
      issue(['auth', 'anonymous_role'], 'a request without credentials', anonymous, wayOut, missing),
    ),
  ];
}
