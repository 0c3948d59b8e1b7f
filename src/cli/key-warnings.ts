import { existsSync } from 'node:fs';
import { attach } from '../attach.ts';
import { type DeclaredKeyConfig, declaredKeys } from '../auth/index.ts';
import {
  ConfigError,
  type FozConfig,
  loadConfig,
  notesOnKey,
  rolesOf,
  unknownRole,
} from '../control/index.ts';
import { FozError } from '../core/index.ts';

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
async function warningsFromDatabases(config: FozConfig, key: DeclaredKeyConfig): Promise<readonly string[]> {
  const needsVariables = /x-(?:foz|hasura)-/i.test(JSON.stringify(config.metadata ?? null));
  if (!needsVariables && key.scopes?.tables === undefined) return [];
  try {
    const { graphs, close } = await attach(config, 'command');
    try {
      const [record] = declaredKeys([key]);
      return notesOnKey(
        graphs,
        { ...record!, scopes: key.scopes },
        ({ name }) =>
          ` Give it one: --variable ${name}=VALUE (with --write --replace where the key is in the file already).`,
      );
    } finally {
      await close();
    }
  } catch (error) {
    if (error instanceof FozError) return [];
    throw error;
  }
}
