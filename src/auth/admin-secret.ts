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

/** An admin secret and the name under which the audit knows it. */
export type AdminSecret =
  | { readonly name: string; readonly secret: string }
  /** What `sha256Of` gives for it. */
  | { readonly name: string; readonly sha256: string };

/** A new admin secret: 256 bits, to be shown once. */
export function mintAdminSecret(): string {
  return `foz_admin_${randomBytes(32).toString('base64url')}`;
}

/** A secret, and the session that it opens. */
interface Known {
  readonly name: string;
  readonly hash: Buffer;
  readonly session: Session;
}

/** Opens everything to who sends one of the secrets; with it `x-foz-*` and `x-hasura-*` headers set the role and the variables. */
export class AdminSecrets implements Authenticator {
  readonly kind = 'admin-secret';
  readonly #secrets: readonly Known[];

  /** `former`: those that were there before; sessions of secrets that stay go on. */
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

  /** Compares with every secret, so that the time does not tell which one came close. */
  #verify(credential: string): Session {
    const hash = hashOf(credential.length > maxSecret ? '' : credential);
    let found: Session | undefined;
    for (const secret of this.#secrets)
      if (secret.hash.length === hash.length && timingSafeEqual(secret.hash, hash)) found = secret.session;
    if (found === undefined || credential === '') throw new AccessDenied({ why: 'wrong admin secret' });
    return found;
  }
}

/** What is kept of a secret that was shown once. A secret of 256 random bits needs no slower hash. */
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
  const asked = requestedRole(request);
  const role = parseRoleName(asked);
  if (asked !== undefined && role === undefined)
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
