import { existsSync } from 'node:fs';
import { attach } from '../attach.ts';
import { type DeclaredKeyConfig, declaredKeys } from '../auth/index.ts';
import {
  ConfigError,
  type FozConfig,
  hasStore,
  loadConfig,
  misspeltScopes,
  notesOnKey,
  rolesOf,
  unknownRole,
} from '../control/index.ts';
import { FozError } from '../core/index.ts';

/** Mistakes in a new key, as sentences. */
export interface KeyProblems {
  /** Certain mistakes: nothing that Foz could serve has such a name. */
  readonly certain: readonly string[];
  /** All of them, the certain ones among them. */
  readonly all: readonly string[];
}

/**
 * Mistakes in a new key, by a configuration file and its databases: roles without permissions, missing session variables, and patterns of
 * scopes that match no table. Where Foz has a store, that may have other permissions and sources. A file that cannot be read has none.
 */
export async function problemsOfKey(file: string, key: DeclaredKeyConfig): Promise<KeyProblems> {
  if (!existsSync(file)) return { certain: [], all: [] };
  try {
    const config = loadConfig(file);
    // The store may be elsewhere: a file is written on one machine, and served on another.
    const mayBeInStore = hasStore(config, process.env);
    const roles = unknownRoles(config, key);
    const { certain, all } = await problemsByDatabases(config, key, mayBeInStore);
    const inStore = ' Metadata in the store may give it one.';
    return {
      certain: [...(mayBeInStore ? [] : roles), ...certain],
      all: [...roles.map((text) => (mayBeInStore ? `${text}${inStore}` : text)), ...all],
    };
  } catch (error) {
    if (error instanceof ConfigError) return { certain: [], all: [] };
    throw error;
  }
}

function unknownRoles({ metadata = { tables: [] } }: FozConfig, { roles }: DeclaredKeyConfig): string[] {
  const known = rolesOf(metadata);
  if (known.size === 1) return [];
  return roles.map((role) => unknownRole(known, role)).filter((problem) => problem !== null);
}

/** Which columns and tables there are is known by the databases only, so they are read where it can matter. */
async function problemsByDatabases(
  config: FozConfig,
  key: DeclaredKeyConfig,
  mayBeInStore: boolean,
): Promise<KeyProblems> {
  const needsVariables = /x-(?:foz|hasura)-/i.test(JSON.stringify(config.metadata ?? null));
  if (!needsVariables && key.scopes?.tables === undefined) return { certain: [], all: [] };
  try {
    const { graphs, close } = await attach(config, 'command');
    try {
      const [record] = declaredKeys([key]);
      const all = notesOnKey(
        graphs,
        { ...record!, scopes: key.scopes },
        ({ name }) =>
          ` Give it one: --variable ${name}=VALUE (with --write --replace where the key is in the file already).`,
      );
      return { certain: misspeltScopes(graphs.catalog, key.scopes, mayBeInStore), all };
    } finally {
      await close();
    }
  } catch (error) {
    if (error instanceof FozError) return { certain: [], all: [] };
    throw error;
  }
}
