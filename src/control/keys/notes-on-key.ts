import type { NeededVariable } from '../../access/index.ts';
import type { KeyRecord, ScopesConfig } from '../../auth/index.ts';
import type { Graphs } from '../../views/index.ts';
import { missingVariables } from './missing-variables.ts';
import { scopeProblem, unmatchedScopes } from './unmatched-scopes.ts';

/** The settings of a key that notes are about. */
interface NotedKey extends Pick<KeyRecord, 'roles' | 'variables'> {
  readonly scopes: ScopesConfig | null | undefined;
}

/**
 * Probable mistakes in a key, as sentences: patterns of its scopes that match nothing, and session variables that its roles need and
 * it does not set. `wayOut`: how to set such a variable, added to its sentence.
 */
export function notesOnKey(
  graphs: Pick<Graphs, 'catalog' | 'permissions'>,
  { roles, variables, scopes }: NotedKey,
  wayOut: (variable: NeededVariable) => string = () => '',
): readonly string[] {
  const given = scopes ?? undefined;
  const unmatched = unmatchedScopes(graphs.catalog, given).map(scopeProblem);
  const unset = roles.flatMap((role) =>
    missingVariables(graphs, { variables, scopes: given }, role).map((missing) => {
      const { name, tables, forReads } = missing;
      const refused = forReads ? 'its requests there' : 'requests that need it';
      return `The key has no session variable ${name}, which the role ${role} needs for ${tables.join(', ')}: ${refused} are refused.${wayOut(missing)}`;
    }),
  );
  return [...unmatched, ...unset];
}
