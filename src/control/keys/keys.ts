import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { CredentialLimits } from '../../access/index.ts';
import { mintKey, type ScopesConfig } from '../../auth/index.ts';
import { FozError } from '../../core/index.ts';
import type { Actor } from '../../store/index.ts';
import {
  insertKey,
  type KeyDescription,
  type KeyPatch,
  listKeys,
  revokeKey,
  rotateKey,
  updateKey,
} from '../../store/index.ts';
import type { FozConfig } from '../config/config.ts';
import { existingStore } from '../offline/open-store.ts';
import type { ControlPlane } from '../plane.ts';
import { refuseInvalid, refuseInvalidAuth } from '../settings/refuse.ts';

/** The settings of a new key. */
export interface KeyInput {
  readonly name: string;
  readonly description?: string | null;
  readonly owner?: string | null;
  readonly roles: readonly string[];
  readonly defaultRole?: string | null;
  /** Session variables, names without prefix. */
  readonly variables?: Readonly<Record<string, string | number | boolean>> | null;
  readonly scopes?: ScopesConfig | null;
  readonly networks?: readonly string[] | null;
  readonly rateLimit?: { readonly requests: number; readonly seconds: number } | null;
  /** Limits below those of its roles. */
  readonly limits?: CredentialLimits | null;
  readonly expiresAt?: Date | null;
  /** Whether backend-only permissions apply. */
  readonly backend?: boolean | null;
}

/** Changed settings of a key: absent ones stay, `null` removes. */
export type KeyChange = { readonly [Name in keyof KeyInput]?: KeyInput[Name] | null };

/** A new key, or one with a new secret. Its text is shown only this once. */
export interface ShownKey {
  readonly key: string;
  readonly description: KeyDescription;
}

/** Keys by name, without their secrets. Rejects with FozError `unavailable` when the store is down. */
export function keysOf({ store }: ControlPlane, revoked: boolean): Promise<readonly KeyDescription[]> {
  return store.read((db) => listKeys(db, { revoked }));
}

/**
 * The same for a command, without a running control plane; none where no store was created. Rejects with FozError `unavailable` when the
 * store cannot be opened.
 */
export async function listStoredKeys(
  config: Pick<FozConfig, 'store' | 'state'>,
  environment: NodeJS.ProcessEnv,
  revoked: boolean,
): Promise<readonly KeyDescription[]> {
  const store = await existingStore(config, environment);
  if (store === null) return [];
  try {
    await store.open();
    return await store.read((db) => listKeys(db, { revoked }));
  } finally {
    await store.close();
  }
}

/** Creates an API key. Rejects with FozError `validation-failed`, or `conflict` for a name that is in use. */
export async function createKey(plane: ControlPlane, actor: Actor, input: KeyInput): Promise<ShownKey> {
  refuseInvalidKey(input);
  const { key, prefix, hash } = mintKey(plane.peppers[0]!);
  const id = randomUUID();
  const { name, roles } = input;
  const made = { ...patchOf(input), name, roles, id, prefix, hash };
  return changed(plane, actor, { operation: 'key.create', id, key, change: (db) => insertKey(db, made) });
}

/**
 * Changes the settings of a key, not its text. `revision`: the one that the caller has read; absent: any. Rejects with FozError `not-found`
 * for a missing or revoked key, `validation-failed`, or `conflict` for another revision and for a name that is in use.
 */
export async function changeKey(
  plane: ControlPlane,
  actor: Actor,
  id: string,
  change: KeyChange,
  revision: number | null = null,
): Promise<KeyDescription> {
  const given = givenIn(change);
  const update = (db: Knex.Transaction) => updateKey(db, id, patchOf(given));
  const check: Check = (key) => {
    if (key === undefined || key.revokedAt !== null) return;
    if (revision !== null && String(revision) !== key.revision)
      throw new FozError(
        'conflict',
        `The API key ${key.name} is at revision ${key.revision}, not at ${revision} as expected: read it again and repeat the change.`,
        { details: { expected: revision, current: Number(key.revision) } },
      );
    // Unchanged settings were validated when they were set.
    refuseInvalidKey({ ...key, description: null, owner: null, expiresAt: null, ...given });
  };
  const shown = await changed(plane, actor, { operation: 'key.update', id, key: '', change: update, check });
  return shown.description;
}

/** Throws FozError where the caller may not change this key; `undefined`: it does not exist. */
type Check = (key: KeyDescription | undefined) => void;
const anyKey = () => {};

/**
 * Gives a key another secret; former ones stay valid for a number of seconds. Rejects with FozError `not-found`, and as `check` does.
 */
export async function renewKey(
  plane: ControlPlane,
  actor: Actor,
  id: string,
  overlapSeconds: number,
  check: Check = anyKey,
): Promise<ShownKey> {
  const { key, prefix, hash } = mintKey(plane.peppers[0]!);
  const until = overlapSeconds > 0 ? new Date(Date.now() + overlapSeconds * 1000) : null;
  const rotate = (db: Knex.Transaction) => rotateKey(db, id, { prefix, hash }, until);
  return changed(plane, actor, { operation: 'key.rotate', id, key, change: rotate, check });
}

/** Revokes a key. Rejects with FozError `not-found`, and as `check` does. */
export async function endKey(
  plane: ControlPlane,
  actor: Actor,
  id: string,
  check: Check = anyKey,
): Promise<KeyDescription> {
  const revoke = (db: Knex.Transaction) => revokeKey(db, id);
  return (await changed(plane, actor, { operation: 'key.revoke', id, key: '', change: revoke, check }))
    .description;
}

/** Settings that every key has, with the values that `null` resets them to. */
const empty: Readonly<Record<string, unknown>> = { name: '', roles: [], variables: {}, backend: false };

/** The changed settings, with an empty value for `null` where null is not allowed. */
function givenIn(change: KeyChange): Partial<KeyInput> {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, value ?? empty[name] ?? null]));
}

/** The change in the form of the store: values of session variables are texts. */
function patchOf({ variables, backend, ...rest }: Partial<KeyInput>): KeyPatch {
  const texts = Object.entries(variables ?? {}).map(([name, value]) => [name, String(value)]);
  return {
    ...rest,
    ...(variables ? { variables: Object.fromEntries(texts) } : {}),
    ...(backend === undefined ? {} : { backend: backend === true }),
  };
}

interface ChangeOfKey {
  /** Its name in the audit log. */
  readonly operation: string;
  readonly id: string;
  /** The text of the key, where it is shown to the caller; else empty. */
  readonly key: string;
  readonly change: (db: Knex.Transaction) => Promise<void>;
  /** Throws FozError where the key may not be changed. */
  readonly check?: Check;
}

/**
 * Changes a key and records the change in the audit log, both in one transaction. When this resolves, the change is effective in this
 * process.
 */
async function changed(
  { store, audit }: ControlPlane,
  actor: Actor,
  { operation, id, key, change, check = anyKey }: ChangeOfKey,
): Promise<ShownKey> {
  const shown = await store.write(async (db) => {
    const [before] = await listKeys(db, { id, revoked: true, hold: true });
    check(before);
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
  await store.settled();
  return shown;
}

/** Validates a key by the rules of the configuration file. Throws FozErrors. */
function refuseInvalidKey({ description, owner, expiresAt, ...input }: KeyInput): void {
  const { name, roles, defaultRole, variables, scopes, networks, rateLimit, limits, backend } = input;
  const declared = {
    name,
    prefix: 'A'.repeat(12),
    hash: `sha256:${'0'.repeat(64)}`,
    roles,
    ...(defaultRole ? { default_role: defaultRole } : {}),
    ...(variables ? { variables } : {}),
    ...(scopes ? { scopes } : {}),
    ...(networks ? { networks } : {}),
    ...(rateLimit ? { rate_limit: rateLimit } : {}),
    ...(limits ? { limits } : {}),
    ...(backend ? { backend } : {}),
  };
  if (name.trim() === '' || roles.length === 0)
    throw new FozError('validation-failed', 'A key needs a name and at least one role.');
  refuseInvalid({ auth: { api_keys: [declared] } }, 'auth.api_keys[0]', 'key');
  refuseInvalidAuth({ api_keys: [declared] }, 'api_keys[0]', 'key');
  if (expiresAt && expiresAt.getTime() <= Date.now())
    throw new FozError('validation-failed', 'expiresAt has passed already: the key would let nobody in.');
  for (const [what, text] of Object.entries({ description, owner }))
    if (text && (text.length > 1000 || text.includes('\0')))
      throw new FozError('validation-failed', `${what} must have at most 1,000 characters, and no NUL.`);
}
