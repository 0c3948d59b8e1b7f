import { createHash } from 'node:crypto';
import type { DeclaredKeyConfig } from '../config.ts';
import { keyPrefix, plainHash } from './format.ts';
import type { KeyRecord, KeySecret } from './record.ts';

type SecretConfig = Pick<DeclaredKeyConfig, 'key' | 'prefix' | 'hash'>;

/** The keys of a configuration that passed `checkAuth`, as records. The id of a key is `file:` and its name. */
export function declaredKeys(configs: readonly DeclaredKeyConfig[]): KeyRecord[] {
  return configs.map((config) => {
    const {
      name,
      roles,
      default_role,
      variables = {},
      scopes,
      networks,
      rate_limit,
      limits,
      backend,
      previous,
    } = config;
    const texts = Object.entries(variables).map(([key, value]) => [key, String(value)]);
    const secrets = [secretOf(config, null)];
    if (previous !== undefined) secrets.push(secretOf(previous, Date.parse(previous.until)));
    const record = {
      id: `file:${name}`,
      name,
      secrets,
      roles,
      defaultRole: default_role ?? null,
      variables: Object.fromEntries(texts),
      scopes,
      networks,
      expiresAt: config.expires_at === undefined ? null : Date.parse(config.expires_at),
      rateLimit: rate_limit,
      limits,
      backend,
    };
    return { ...record, revision: createHash('sha256').update(JSON.stringify(record)).digest('base64url') };
  });
}

function secretOf({ key, prefix, hash }: SecretConfig, validUntil: number | null): KeySecret {
  if (key !== undefined) return { prefix: keyPrefix(key) ?? '', hash: plainHash(key), validUntil };
  return { prefix: prefix!, hash: hash!, validUntil };
}
