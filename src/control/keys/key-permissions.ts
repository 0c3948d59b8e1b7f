import type { Session } from '../../access/index.ts';
import { type KeyRecord, scopesOf } from '../../auth/index.ts';
import { FozError, roleNamed } from '../../core/index.ts';
import type { Graphs } from '../../views/index.ts';
import type { ControlPlane } from '../plane.ts';
import { describeRole, type RoleDescription } from '../roles/effective.ts';
import { keysOf } from './keys.ts';
import { missingVariables } from './missing-variables.ts';

/** When and for what a key is accepted. */
export interface KeySettings {
  /** `read`, `subscribe`, `write`. */
  readonly operations: readonly string[];
  /** Session variables, names without prefix. */
  readonly variables: Readonly<Record<string, string>>;
  /** `null`: any address. */
  readonly networks: readonly string[] | null;
  /** In ISO 8601; `null`: never. */
  readonly expiresAt: string | null;
}

/** The effective permissions of a key in one of its roles. */
export interface KeyRoleDescription extends RoleDescription {
  /** The name of the key. */
  readonly key: string;
  readonly keySettings: KeySettings;
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
  readonly key: Omit<KeyRecord, 'secrets' | 'expiresAt' | 'revision'>;
  readonly expiresAt: Date | null;
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
  const found = await namedKey({ declared, plane }, which);
  const { key, isRevoked } = found;
  if (isRevoked) return [];
  const scopes = scopesOf(key.scopes);
  return key.roles.map((role) => ({
    key: key.name,
    keySettings: settingsOf(found),
    missingVariables: missingVariables(graphs, key, role).map(({ name }) => name),
    ...describeRole(graphs, role, { scopes, limits: key.limits }),
  }));
}

/**
 * The part of a session with a key that its graph depends on. `role`: one of its roles; absent: the one that it has if a request chooses none.
 * Rejects with FozError `not-found` for a missing or revoked key and for a role that it cannot take, else as `describeKey` does.
 */
export async function sessionOfKey(keys: Keys, which: string, role?: string): Promise<Session> {
  const { key, isRevoked } = await namedKey(keys, which);
  if (isRevoked) throw new FozError('not-found', `The key ${which} was revoked: it has no graph.`);
  if (role !== undefined && !key.roles.includes(role))
    throw new FozError(
      'not-found',
      `The key ${which} cannot take the role ${role}: it has ${key.roles.join(', ')}.`,
    );
  return {
    role: roleNamed(role ?? key.defaultRole ?? key.roles[0]!),
    variables: new Map(),
    scopes: scopesOf(key.scopes),
    ...(key.backend === true ? { backend: true } : {}),
  };
}

function settingsOf({ key: { scopes, variables, networks }, expiresAt }: NamedKey): KeySettings {
  const operations = scopes?.operations ?? ['read', 'subscribe', 'write'];
  return {
    operations: [...new Set(operations)].sort(),
    variables,
    networks: networks ?? null,
    expiresAt: expiresAt?.toISOString() ?? null,
  };
}

async function namedKey({ declared, plane }: Keys, which: string): Promise<NamedKey> {
  const stored = plane === null ? [] : await keysOf(plane, true);
  const keys: NamedKey[] = [
    ...declared.map((key) => ({
      key,
      expiresAt: key.expiresAt === null ? null : new Date(key.expiresAt),
      prefixes: key.secrets.map(({ prefix }) => prefix),
      isRevoked: false,
    })),
    ...stored.map((key) => ({
      key,
      expiresAt: key.expiresAt,
      prefixes: key.prefixes.map(({ prefix }) => prefix),
      isRevoked: key.revokedAt !== null,
    })),
  ];
  return keys.find((one) => one.key.id === which) ?? byName(keys, which);
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
