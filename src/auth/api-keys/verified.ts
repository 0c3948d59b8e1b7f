import { Networks, parseRoleName } from '../../core/index.ts';
import type { ClientAddress } from '../address.ts';
import { AccessDenied } from '../denied.ts';
import { type Grant, GrantedSessions } from '../grant.ts';
import type { AuthRequest } from '../request.ts';
import { scopesOf } from '../scopes.ts';
import { variableText } from '../variables.ts';
import type { KeyRecord, KeySecret } from './record.ts';

/** Heap bytes of a record and the objects around it, without its texts. */
const recordBytes = 1_500;

/** The refusal of a key. It does not reveal whether the key is unknown, revoked, expired, or used from another network. */
export function keyDenied(why: string): AccessDenied {
  const message =
    'The API key was not accepted: it is unknown, revoked, expired, or not allowed from this address.';
  return new AccessDenied({ message, why });
}

/** A key whose secret was verified, as it was read at `readAt` (milliseconds since 1970). */
export class VerifiedKey {
  readonly record: KeyRecord;
  readonly prefix: string;
  readAt: number;
  readonly sessions: GrantedSessions;
  /** Whether it is being read again. */
  refreshing = false;
  readonly #until: number;
  readonly #networks: Networks | null;

  constructor(record: KeyRecord, secret: KeySecret, readAt: number) {
    this.record = record;
    this.prefix = secret.prefix;
    this.readAt = readAt;
    this.#until = Math.min(
      secret.validUntil ?? Number.POSITIVE_INFINITY,
      record.expiresAt ?? Number.POSITIVE_INFINITY,
    );
    this.#networks = record.networks === undefined ? null : new Networks(record.networks);
    this.sessions = new GrantedSessions(grantOf(record, secret, this.#until));
  }

  /** Estimated heap bytes. */
  get bytes(): number {
    const texts = JSON.stringify(this.record).length;
    return recordBytes + 2 * texts + this.sessions.bytes + (this.#networks?.bytes ?? 0);
  }

  /** Marks it as read again at `now` and unchanged. */
  renew(now: number): void {
    this.readAt = now;
    this.refreshing = false;
  }

  /** Returns the caller's address. Throws `access-denied` when the key is not valid now or not from this address. */
  check(request: AuthRequest, clientAddress: ClientAddress, now: number): string | null {
    if (now >= this.#until) throw keyDenied(`key ${this.record.id}: expired`);
    const address = clientAddress(request);
    if (this.#networks !== null && !this.#networks.has(address))
      throw keyDenied(`key ${this.record.id}: not from ${address}`);
    return address;
  }
}

function grantOf(record: KeyRecord, secret: KeySecret, until: number): Grant {
  const roles = record.roles.map(parseRoleName).filter((role) => role !== undefined);
  const only = roles.length === 1 ? roles[0]! : null;
  const variables = Object.entries(record.variables).map(
    ([name, value]) => [name.toLowerCase(), variableText(value) ?? ''] as const,
  );
  const scopes = scopesOf(record.scopes);
  return {
    actor: Object.freeze({
      kind: 'api-key',
      id: record.name,
      keyId: record.id,
      keyPrefix: secret.prefix,
      keyRevision: record.revision,
    }),
    roles: Object.freeze(roles),
    defaultRole: roles.find((role) => role === record.defaultRole) ?? only,
    variables: new Map(variables),
    ...(until === Number.POSITIVE_INFINITY ? {} : { expiresAt: until }),
    ...(record.backend === true ? { backend: true } : {}),
    ...(scopes === undefined ? {} : { scopes }),
    ...(record.rateLimit === undefined ? {} : { rateLimit: record.rateLimit }),
    ...(record.limits === undefined ? {} : { limits: record.limits }),
  };
}
