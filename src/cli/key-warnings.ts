import { existsSync } from 'node:fs';
import { attach } from '../attach.ts';
import { type DeclaredKeyConfig, declaredKeys } from '../auth/index.ts';
import {
  ConfigError,
  type FozConfig,
  loadConfig,
  missingVariables,
  rolesOf,
  unknownRole,
  unmatchedScopes,
} from '../control/index.ts';
import { FozError } from '../core/index.ts';
import type { Graphs } from '../views/index.ts';

/**
 * Warnings about a new key, by a configuration file and its databases: roles without permissions, missing session variables, and patterns of
 * scopes that match no table. They are no errors, since the store may have other permissions and sources. A file that cannot be read has no
 * warnings.
 */
export async function warningsFor(file: string, key: DeclaredKeyConfig): Promise<readonly string[]> {
  if (!existsSync(file)) return [];
  try {
    const config = loadConfig(file);
    return [...unknownRoles(config, key), ...(await warningsFromDatabases(config, key))];
  } catch (error) {
    if (error instanceof ConfigError) return [];
    throw error;
  }
}

function unknownRoles({ metadata = { tables: [] } }: FozConfig, { roles }: DeclaredKeyConfig): string[] {
  const known = rolesOf(metadata);
  if (known.size === 1) return [];
  return roles.map((role) => unknownRole(known, role)).filter((problem) => problem !== null);
}

/** Which columns and tables there are is known by the databases only, so they are read where it can matter. */
async function warningsFromDatabases(config: FozConfig, key: DeclaredKeyConfig): Promise<string[]> {
  const needsVariables = /x-(?:foz|hasura)-/i.test(JSON.stringify(config.metadata ?? null));
  if (!needsVariables && key.scopes?.tables === undefined) return [];
  try {
    const { graphs, close } = await attach(config, 'command');
    try {
      return [...unmatched(graphs, key), ...unsetVariables(graphs, key)];
    } finally {
      await close();
    }
  } catch (error) {
    if (error instanceof FozError) return [];
    throw error;
  }
}

function unmatched({ catalog }: Graphs, { scopes }: DeclaredKeyConfig): string[] {
  return unmatchedScopes(catalog, scopes).map(({ path: [kind], reason }) => `scopes.${kind}: ${reason}.`);
}

function unsetVariables(graphs: Graphs, key: DeclaredKeyConfig): string[] {
  const [record] = declaredKeys([key]);
  return key.roles.flatMap((role) =>
    missingVariables(graphs, record!, role).map(
      ({ name, tables, forReads }) =>
        `The key has no session variable ${name}, which the role ${role} needs for ${tables.join(', ')}: ${forReads ? 'its requests there' : 'requests that need it'} are refused. Give it one: --variable ${name}=VALUE (with --write --replace where the key is in the file already).`,
    ),
  );
}
