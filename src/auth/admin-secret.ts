import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Actor, adminSession, type Session } from '../access/index.ts';
import { FozError, parseRoleName } from '../core/index.ts';
import type { Authenticator } from './authenticator.ts';
import { AccessDenied } from './denied.ts';
import { requestedRole } from './grant.ts';
import { type AuthRequest, asUtf8, header, isSessionHeader } from './request.ts';
import type { SessionEnd } from './session-end.ts';
import { isVariable, setVariable, variableOf } from './variables.ts';

/** Headers that carry the admin secret. */
const names = ['x-foz-admin-secret', 'x-hasura-admin-secret'] as const;
/** Most session variables that a request may set. */
const maxVariables = 100;
const maxSecret = 1024;

/** An admin secret with the name that the audit log shows for it. */
export type AdminSecret =
  | { readonly name: string; readonly secret: string }
  /** The result of `sha256Of`. */
  | { readonly name: string; readonly sha256: string };

/** Generates an admin secret of 256 bits, to be shown once. */
export function mintAdminSecret(): string {
  return `foz_admin_${randomBytes(32).toString('base64url')}`;
}

/** A secret and its session. */
interface SecretEntry {
  readonly name: string;
  readonly hash: Buffer;
  readonly session: Session;
}

/** Authenticates by an admin secret. With it, `x-foz-*` and `x-hasura-*` headers set the role and the session variables. */
export class AdminSecrets implements Authenticator {
  readonly kind = 'admin-secret';
  readonly #secrets: readonly SecretEntry[];

  /** `former`: the secrets before this change; sessions of secrets that remain stay valid. */
  constructor(secrets: readonly AdminSecret[], former?: AdminSecrets) {
    const before = former === undefined ? [] : former.#secrets;
    this.#secrets = secrets.map(({ name, ...given }) => {
      const hash = 'secret' in given ? hashOf(given.secret) : Buffer.from(given.sha256, 'hex');
      const there = before.find((known) => known.name === name && known.hash.equals(hash));
      const actor: Actor = Object.freeze({ kind: 'admin-secret', id: name });
      return there ?? { name, hash, session: Object.freeze({ ...adminSession, actor }) };
    });
  }

  endOf(actor: Actor): SessionEnd | null {
    return this.#secrets.some(({ session }) => session.actor === actor) ? null : 'changed';
  }

  credential(request: AuthRequest): string | undefined {
    const first = header(request, names[0]);
    const second = header(request, names[1]);
    if (first !== undefined && second !== undefined && first !== second)
      throw new AccessDenied({ why: 'two different admin secrets' });
    return first ?? second;
  }

  identify(credential: string, request: AuthRequest): Session {
    const base = this.#verify(credential);
    const role = roleOf(request);
    const variables = variablesOf(request);
    const backend =
      isTrue(header(request, 'x-foz-use-backend-only-permissions')) ||
      isTrue(header(request, 'x-hasura-use-backend-only-permissions'));
    if (role === undefined && variables.size === 0 && !backend) return base;
    const chosen = role ?? base.role;
    return Object.freeze({ ...base, role: chosen, backend, variables: variables.set('role', chosen) });
  }

  /** Compares with every secret, so that the response time does not reveal which one was close. */
  #verify(credential: string): Session {
    const hash = hashOf(credential.length > maxSecret ? '' : credential);
    let found: Session | undefined;
    for (const secret of this.#secrets)
      if (secret.hash.length === hash.length && timingSafeEqual(secret.hash, hash)) found = secret.session;
    if (found === undefined || credential === '') throw new AccessDenied({ why: 'wrong admin secret' });
    return found;
  }
}

/** The hash that is stored of a secret. A secret of 256 random bits needs no slow password hash. */
export function sha256Of(secret: string): string {
  return hashOf(secret).toString('hex');
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}

function roleOf(request: AuthRequest) {
  const requested = requestedRole(request);
  const role = parseRoleName(requested);
  if (requested !== undefined && role === undefined)
    throw new AccessDenied({
      message: 'x-foz-role does not hold the name of a role.',
      why: 'no role name',
      status: 403,
    });
  return role;
}

function variablesOf(request: AuthRequest): Map<string, string> {
  const variables = new Map<string, string>();
  for (const name in request.headers) {
    if (!isSessionHeader(name)) continue;
    const variable = variableOf(name);
    if (variable === undefined || !isVariable(variable)) continue;
    const value = header(request, name);
    if (value !== undefined) setVariable(variables, variable, asUtf8(value, request.via));
    if (variables.size > maxVariables)
      throw new FozError(
        'limit-exceeded',
        `The request sets more than ${maxVariables} session variables: set fewer.`,
      );
  }
  return variables;
}
