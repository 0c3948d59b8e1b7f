import type { Actor, CredentialLimits, RateLimit, Scopes, Session } from '../access/index.ts';
import { type RoleName, textBytes } from '../core/index.ts';
import { AccessDenied } from './denied.ts';
import { type AuthRequest, asUtf8, header } from './request.ts';

/** The rights of a verified credential: its roles, and the parts that are equal in all of them. */
export interface Grant {
  readonly actor: Actor;
  readonly roles: readonly RoleName[];
  /** The role of a request that names none; `null`: it must name one. */
  readonly defaultRole: RoleName | null;
  readonly variables: ReadonlyMap<string, string>;
  readonly expiresAt?: number;
  readonly backend?: boolean;
  readonly scopes?: Scopes;
  readonly rateLimit?: RateLimit;
  readonly limits?: CredentialLimits;
}

/** Heap bytes of a session without its texts, and of one variable in it (its entry in the map). */
const measured = { session: 600, variable: 64 } as const;

/** Estimated heap bytes of the sessions of a grant, one per role. */
export function grantBytes({ actor, roles, variables, scopes }: Omit<Grant, 'defaultRole'>): number {
  const texts = [...Object.values(actor), ...roles, ...[...variables].flat(), scopes?.text];
  const sessions = roles.length * (measured.session + measured.variable * (variables.size + 1));
  return texts.reduce<number>((sum, text) => sum + textBytes(text ?? ''), sessions);
}

/** The role in whose share of a cache a grant is kept: the one that it usually acts in. */
export function ownerOf({ defaultRole, roles }: Pick<Grant, 'defaultRole' | 'roles'>): string {
  return defaultRole ?? roles[0] ?? '';
}

/** The role that the request asks for in `x-foz-role` or `x-hasura-role`. */
export function requestedRole(request: AuthRequest): string | undefined {
  const role = header(request, 'x-foz-role');
  const alias = header(request, 'x-hasura-role');
  if (role !== undefined && alias !== undefined && role !== alias) {
    const message = 'x-foz-role and x-hasura-role name different roles: send one of them.';
    throw new AccessDenied({ message, why: 'two roles asked for' });
  }
  const requested = role ?? alias;
  return requested === undefined ? undefined : asUtf8(requested, request.via);
}

/** The sessions of one credential, one per role, created on first use. The same role returns the same object. */
export class GrantedSessions {
  readonly #grant: Grant;
  readonly #sessions = new Map<string, Session>();
  #usual: Session | undefined;

  constructor(grant: Grant) {
    this.#grant = grant;
  }

  /** The role in whose share of a cache the sessions are kept. */
  get owner(): string {
    return ownerOf(this.#grant);
  }

  /** Estimated heap bytes once all of them are created. */
  get bytes(): number {
    return grantBytes(this.#grant);
  }

  /** The actor of the sessions; the same object in each. */
  get actor(): Actor {
    return this.#grant.actor;
  }

  /** The session in the role that the request asks for, or in the default role. Throws AccessDenied 403 for a role that is not granted. */
  of(request: AuthRequest): Session {
    const requested = requestedRole(request);
    if (requested === undefined && this.#usual !== undefined) return this.#usual;
    const wanted = requested ?? this.#grant.defaultRole;
    const known = wanted === null ? undefined : this.#sessions.get(wanted);
    if (known !== undefined) return known;
    const session = this.#make(wanted);
    this.#sessions.set(session.role, session);
    if (requested === undefined) this.#usual = session;
    return session;
  }

  #make(wanted: string | null): Session {
    const { roles, variables, defaultRole: _, ...rest } = this.#grant;
    const role = roles.find((name) => name === wanted);
    if (role === undefined) throw notGranted(wanted);
    return Object.freeze({
      ...rest,
      role,
      allowedRoles: roles,
      variables: new Map(variables).set('role', role),
    });
  }
}

function notGranted(wanted: string | null): AccessDenied {
  const message =
    wanted === null
      ? 'These credentials allow several roles and have no default role: name one in x-foz-role.'
      : 'The role that x-foz-role asks for is not among the roles of these credentials.';
  return new AccessDenied({ message, why: `role ${JSON.stringify(wanted)} not granted`, status: 403 });
}
