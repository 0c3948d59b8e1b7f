import { randomUUID } from 'node:crypto';
import type { CredentialLimits } from '../access/index.ts';
import { checkAuth, mintKey, type ScopesConfig } from '../auth/index.ts';
import { FozError } from '../core/index.ts';
import type { ControlPlane } from './plane.ts';
import { refuseUnfit } from './settings/refuse.ts';
import type { Actor } from './store/actor.ts';
import {
  insertKey,
  type KeyDescription,
  listKeys,
  revokeKey,
  rotateKey,
} from './store/repositories/api-keys.ts';

/** What a new key is to be. */
export interface KeyInput {
  readonly name: string;
  readonly description?: string | null;
  readonly owner?: string | null;
  readonly roles: readonly string[];
  readonly defaultRole?: string | null;
  readonly scopes?: ScopesConfig | null;
  readonly networks?: readonly string[] | null;
  readonly rateLimit?: { readonly requests: number; readonly seconds: number } | null;
  /** Smaller limits than those of its roles. */
  readonly limits?: CredentialLimits | null;
  readonly expiresAt?: Date | null;
}

/** A key that was made, or given another secret: its text is shown this once. */
export interface ShownKey {
  readonly key: string;
  readonly description: KeyDescription;
}

/** Keys by name, without their secrets. Rejects with FozError `unavailable` when the store is. */
export function keysOf({ store }: ControlPlane, revoked: boolean): Promise<readonly KeyDescription[]> {
  return store.read((db) => listKeys(db, { revoked }));
}

/** Makes an API key. Rejects with FozError `validation-failed` or, for a name that is taken, `conflict`. */
export async function createKey(plane: ControlPlane, actor: Actor, input: KeyInput): Promise<ShownKey> {
  refuseUnfitKey(input);
  const { key, prefix, hash } = mintKey(plane.peppers[0]!);
  const id = randomUUID();
  return changed(plane, actor, 'key.create', id, key, (db) => insertKey(db, { ...input, id, prefix, hash }));
}

/** Gives a key another secret; the ones before are accepted for so many seconds more. Rejects with FozError `not-found`. */
export async function renewKey(
  plane: ControlPlane,
  actor: Actor,
  id: string,
  overlapSeconds: number,
): Promise<ShownKey> {
  const { key, prefix, hash } = mintKey(plane.peppers[0]!);
  const until = overlapSeconds > 0 ? new Date(Date.now() + overlapSeconds * 1000) : null;
  return changed(plane, actor, 'key.rotate', id, key, (db) => rotateKey(db, id, { prefix, hash }, until));
}

/** Ends a key for good. Rejects with FozError `not-found`. */
export async function endKey(plane: ControlPlane, actor: Actor, id: string): Promise<KeyDescription> {
  return (await changed(plane, actor, 'key.revoke', id, '', (db) => revokeKey(db, id))).description;
}

/** Changes one key and writes that down, both or neither. */
function changed(
  { store, audit }: ControlPlane,
  actor: Actor,
  operation: string,
  id: string,
  key: string,
  change: (db: Parameters<Parameters<ControlPlane['store']['write']>[0]>[0]) => Promise<void>,
): Promise<ShownKey> {
  return store.write(async (db) => {
    const [before] = await listKeys(db, { id, revoked: true });
    await change(db);
    const [description] = await listKeys(db, { id, revoked: true });
    await audit?.changedWithin(db, {
      actor,
      operation,
      keyId: id,
      before: before ?? null,
      after: description ?? null,
    });
    return { key, description: description! };
  });
}

/** The same rules as for keys in the configuration. */
function refuseUnfitKey({
  name,
  roles,
  defaultRole,
  scopes,
  networks,
  rateLimit,
  limits,
  expiresAt,
}: KeyInput): void {
  const declared = {
    name,
    prefix: 'A'.repeat(12),
    hash: `sha256:${'0'.repeat(64)}`,
    roles,
    ...(defaultRole ? { default_role: defaultRole } : {}),
    ...(scopes ? { scopes } : {}),
    ...(networks ? { networks } : {}),
    ...(rateLimit ? { rate_limit: rateLimit } : {}),
    ...(limits ? { limits } : {}),
    ...(expiresAt ? { expires_at: expiresAt.toISOString() } : {}),
  };
  if (name.trim() === '' || roles.length === 0)
    throw new FozError('validation-failed', 'A key needs a name and at least one role.');
  refuseUnfit({ auth: { api_keys: [declared] } }, 'auth.api_keys[0]', 'key');
  const problems = checkAuth({ api_keys: [declared] }).filter(({ path }) => path.at(-1) !== 'hash');
  if (problems.length > 0)
    throw new FozError(
      'validation-failed',
      problems.map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`).join('; '),
    );
}
