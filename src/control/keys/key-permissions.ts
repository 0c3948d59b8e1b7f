import { type KeyRecord, scopesOf } from '../../auth/index.ts';
import { FozError } from '../../core/index.ts';
import type { Graphs } from '../../views/index.ts';
import type { ControlPlane } from '../plane.ts';
import { describeRole, type RoleDescription } from '../roles/effective.ts';
import { keysOf } from './keys.ts';
import { missingVariables } from './missing-variables.ts';

/** The effective permissions of a key in one of its roles. */
export interface KeyRoleDescription extends RoleDescription {
  /** The name of the key. */
  readonly key: string;
  /** Session variables that permissions of the role need and the key does not set. */
  readonly missingVariables: readonly string[];
}

/** The storages of keys. */
interface Keys {
  /** The keys of the configuration file. */
  readonly declared: readonly KeyRecord[];
  /** `null`: there is no store. */
  readonly plane: ControlPlane | null;
}

/** A key of the file or of the store, with its identifiers. */
interface NamedKey {
  readonly key: Pick<KeyRecord, 'id' | 'name' | 'roles' | 'variables' | 'scopes' | 'limits'>;
  readonly prefixes: readonly string[];
  readonly isRevoked: boolean;
}

/**
 * The effective permissions of a key in each of its roles, narrowed by its scopes and limits; none when it is revoked. `which`: its id in
 * the audit log, else the name or a prefix of a key that is not revoked. Rejects with FozError `not-found`, or `conflict` where the file
 * and the store each have a key of that name.
 */
export async function describeKey(
  graphs: Graphs,
  { declared, plane }: Keys,
  which: string,
): Promise<readonly KeyRoleDescription[]> {
  const stored = plane === null ? [] : await keysOf(plane, true);
  const keys: NamedKey[] = [
    ...declared.map((key) => ({
      key,
      prefixes: key.secrets.map(({ prefix }) => prefix),
      isRevoked: false,
    })),
    ...stored.map((key) => ({
      key,
      prefixes: key.prefixes.map(({ prefix }) => prefix),
      isRevoked: key.revokedAt !== null,
    })),
  ];
  const { key, isRevoked } = keys.find((one) => one.key.id === which) ?? byName(keys, which);
  if (isRevoked) return [];
  const scopes = scopesOf(key.scopes);
  return key.roles.map((role) => ({
    key: key.name,
    missingVariables: missingVariables(graphs, key, role).map(({ name }) => name),
    ...describeRole(graphs, role, { scopes, limits: key.limits }),
  }));
}

function byName(keys: readonly NamedKey[], which: string): NamedKey {
  const [found, other] = keys.filter(
    ({ key, prefixes, isRevoked }) => !isRevoked && (key.name === which || prefixes.includes(which)),
  );
  if (found === undefined)
    throw new FozError(
      'not-found',
      `There is no key ${which}, neither in the configuration nor in the store.`,
    );
  if (other === undefined) return found;
  throw new FozError(
    'conflict',
    `There are several keys ${which}: name one by its id, ${found.key.id} or ${other.key.id}.`,
  );
}
