import { type KeyRecord, scopesOf } from '../../auth/index.ts';
import { FozError } from '../../core/index.ts';
import type { Graphs } from '../../views/index.ts';
import type { ControlPlane } from '../plane.ts';
import { describeRole, type RoleDescription } from '../roles/effective.ts';
import { keysOf } from './keys.ts';

/** What a key may do with one of its roles. */
export interface KeyRoleDescription extends RoleDescription {
  /** The name of the key. */
  readonly key: string;
}

/** Where keys are. */
interface Keys {
  /** Those of the configuration file. */
  readonly declared: readonly KeyRecord[];
  /** `null`: there is no store. */
  readonly plane: ControlPlane | null;
}

/** A key of the file or of the store, and what it can be named by. */
interface NamedKey {
  readonly key: Pick<KeyRecord, 'id' | 'name' | 'roles' | 'scopes' | 'limits'>;
  readonly prefixes: readonly string[];
  readonly isRevoked: boolean;
}

/**
 * What a key may do with each of its roles, within its scopes and limits; nothing when it was revoked. `which`: its id as the audit log has
 * it, else its name or a prefix of it, then of those that are not revoked. Rejects with FozError `not-found`, or `conflict` where the file
 * and the store have one of that name each.
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
