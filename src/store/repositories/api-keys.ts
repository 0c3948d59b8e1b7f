import type { Knex } from 'knex';
import type { CredentialLimits, RateLimit } from '../../access/index.ts';
import type { KeyRecord, KeyUse, ScopesConfig } from '../../auth/index.ts';
import { FozError } from '../../core/index.ts';
import { publishChange } from '../changes.ts';

/** A key to be stored. `mintKey` returns prefix and hash. */
export interface NewKey {
  readonly id: string;
  readonly name: string;
  readonly description?: string | null;
  readonly owner?: string | null;
  readonly prefix: string;
  readonly hash: string;
  readonly roles: readonly string[];
  readonly defaultRole?: string | null;
  readonly variables?: Readonly<Record<string, string>>;
  readonly scopes?: ScopesConfig | null;
  readonly networks?: readonly string[] | null;
  readonly rateLimit?: RateLimit | null;
  readonly limits?: CredentialLimits | null;
  readonly backend?: boolean;
  readonly expiresAt?: Date | null;
}

/** A key without its secrets, for people. */
export interface KeyDescription extends Omit<KeyRecord, 'secrets' | 'expiresAt'> {
  readonly description: string | null;
  /** The accepted prefixes, each with the end of its validity. */
  readonly prefixes: readonly { readonly prefix: string; readonly validUntil: Date | null }[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly rotatedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly lastUsedAddress: string | null;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly owner: string | null;
  readonly roles: string;
  readonly default_role: string | null;
  readonly variables: string;
  readonly scopes: string | null;
  readonly networks: string | null;
  readonly rate_limit: string | null;
  readonly limits: string | null;
  readonly backend: boolean;
  readonly revision: string;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly rotated_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
  readonly last_used_address: string | null;
}

interface SecretRow {
  readonly prefix: string;
  readonly key_id: string;
  readonly hash: string;
  readonly valid_until: Date | null;
}

/** Stores a new key. Rejects with FozError `conflict` when a key that is not revoked has the same name. */
export async function insertKey(transaction: Knex, key: NewKey): Promise<void> {
  const { prefix, hash, id } = key;
  const inserted = await transaction('foz.api_keys')
    .insert({ id, ...settingsOf(key) })
    .onConflict(transaction.raw('(name) where revoked_at is null'))
    .ignore()
    .returning('id');
  if (inserted.length === 0) throw nameTaken(key.name);
  await transaction('foz.api_key_secrets').insert({ prefix, hash, key_id: id });
  await publishChange(transaction, 'api-key', id);
}

/** The settings of a key that can be changed. */
export type KeyPatch = Partial<Omit<NewKey, 'id' | 'prefix' | 'hash'>>;

/**
 * Changes a key's settings. Rejects with FozError `not-found` if the key does not exist or is revoked, and with
 * `conflict` if another key has the new name.
 */
export async function updateKey(transaction: Knex, id: string, patch: KeyPatch): Promise<void> {
  await change(transaction, id, settingsOf(patch)).catch((error: unknown) => {
    const isTaken = (error as { readonly code?: unknown } | null)?.code === '23505';
    throw isTaken ? nameTaken(patch.name ?? id) : error;
  });
}

/** Revokes a key and deletes its secrets. */
export async function revokeKey(transaction: Knex, id: string): Promise<void> {
  await change(transaction, id, { revoked_at: transaction.fn.now() });
  await transaction('foz.api_key_secrets').where({ key_id: id }).delete();
}

/** Gives a key a new secret. Former ones are accepted until `overlapUntil`; `null`: no longer. */
export async function rotateKey(
  transaction: Knex,
  id: string,
  secret: { readonly prefix: string; readonly hash: string },
  overlapUntil: Date | null,
): Promise<void> {
  await change(transaction, id, { rotated_at: transaction.fn.now() });
  const old = transaction('foz.api_key_secrets').where({ key_id: id });
  if (overlapUntil === null) await old.delete();
  else {
    await old.clone().where('valid_until', '<=', transaction.fn.now()).delete();
    await old.update({ valid_until: transaction.raw('least(valid_until, ?::timestamptz)', [overlapUntil]) });
  }
  await transaction('foz.api_key_secrets').insert({ ...secret, key_id: id });
}

/** The keys with one of these prefixes that are not revoked. */
export async function findKeys(db: Knex, prefixes: readonly string[]): Promise<readonly KeyRecord[]> {
  const ids = db('foz.api_key_secrets').whereIn('prefix', prefixes).select('key_id');
  const rows: Row[] = await db('foz.api_keys').whereIn('id', ids).whereNull('revoked_at');
  const secrets = await secretsOf(db, rows);
  return rows.map((row) => ({
    ...common(row),
    expiresAt: row.expires_at?.getTime() ?? null,
    secrets: (secrets.get(row.id) ?? []).map(({ prefix, hash, valid_until }) => ({
      prefix,
      hash,
      validUntil: valid_until?.getTime() ?? null,
    })),
  }));
}

/** Stores last uses, unless later ones are stored already. */
export async function touchKeys(db: Knex, uses: readonly KeyUse[]): Promise<void> {
  if (uses.length === 0) return;
  const rows = uses.map(({ keyId, at, address }) => ({ id: keyId, at: new Date(at).toISOString(), address }));
  await db.raw(
    `update foz.api_keys as k set last_used_at = u.at, last_used_address = u.address
     from (select distinct on (id) * from jsonb_to_recordset(?::jsonb) as r(id text, at timestamptz, address text)
           order by id, at desc) as u
     where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)`,
    [JSON.stringify(rows)],
  );
}

/** Conditions on keys. */
export interface KeyFilter {
  readonly id?: string;
  /** Only keys of this owner. */
  readonly owner?: string;
  /** Include revoked keys. */
  readonly revoked?: boolean;
  /** Lock the keys until the transaction ends. */
  readonly hold?: boolean;
}

/** Lists keys by name. */
export async function listKeys(
  db: Knex,
  { owner, revoked = false, id, hold = false }: KeyFilter = {},
): Promise<readonly KeyDescription[]> {
  const rows: Row[] = await db('foz.api_keys')
    .modify((query) => {
      if (owner !== undefined) query.where({ owner });
      if (id !== undefined) query.where({ id });
      if (!revoked) query.whereNull('revoked_at');
      if (hold) query.forUpdate();
    })
    .orderBy(['name', 'created_at']);
  const secrets = await secretsOf(db, rows);
  return rows.map((row) => ({
    ...common(row),
    description: row.description,
    prefixes: (secrets.get(row.id) ?? []).map(({ prefix, valid_until }) => ({
      prefix,
      validUntil: valid_until,
    })),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    rotatedAt: row.rotated_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    lastUsedAddress: row.last_used_address,
  }));
}

async function change(transaction: Knex, id: string, values: Record<string, unknown>): Promise<void> {
  const changed: number = await transaction('foz.api_keys')
    .where({ id })
    .whereNull('revoked_at')
    .update({ ...values, revision: transaction.raw('revision + 1') });
  if (changed === 0) throw new FozError('not-found', `There is no API key ${id}, or it was revoked.`);
  await publishChange(transaction, 'api-key', id);
}

function nameTaken(name: string): FozError {
  return new FozError(
    'conflict',
    `There is an API key "${name}" already: revoke it, or choose another name.`,
  );
}

/** The secrets of each key, the current one first. */
async function secretsOf(db: Knex, keys: readonly Row[]): Promise<ReadonlyMap<string, SecretRow[]>> {
  const ids = keys.map(({ id }) => id);
  const rows: SecretRow[] = await db('foz.api_key_secrets')
    .whereIn('key_id', ids)
    .orderBy('created_at', 'desc');
  const byKey = new Map<string, SecretRow[]>();
  for (const row of rows) byKey.set(row.key_id, [...(byKey.get(row.key_id) ?? []), row]);
  return byKey;
}

function common(row: Row) {
  return {
    id: row.id,
    name: row.name,
    roles: JSON.parse(row.roles),
    defaultRole: row.default_role,
    variables: JSON.parse(row.variables),
    scopes: row.scopes === null ? undefined : JSON.parse(row.scopes),
    networks: row.networks === null ? undefined : JSON.parse(row.networks),
    rateLimit: row.rate_limit === null ? undefined : JSON.parse(row.rate_limit),
    limits: row.limits === null ? undefined : JSON.parse(row.limits),
    backend: row.backend,
    owner: row.owner,
    revision: row.revision,
  };
}

/** The columns of the given settings. Absent settings do not change. */
function settingsOf(patch: KeyPatch): Record<string, unknown> {
  const json = (value: unknown) => (value === undefined || value === null ? value : JSON.stringify(value));
  const all = {
    name: patch.name,
    description: patch.description,
    owner: patch.owner,
    roles: json(patch.roles),
    default_role: patch.defaultRole,
    variables: json(patch.variables),
    scopes: json(patch.scopes),
    networks: json(patch.networks),
    rate_limit: json(patch.rateLimit),
    limits: json(patch.limits),
    backend: patch.backend,
    expires_at: patch.expiresAt,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
