import type { Actor, CredentialLimits, RateLimit, Scopes, Session } from '../access/index.ts';
import { type RoleName, textBytes } from '../core/index.ts';
import { AccessDenied } from './denied.ts';
import { type AuthRequest, asUtf8, header } from './request.ts';

/** What a credential gives: the roles to choose from and everything that is the same for all of them. */
export interface Grant {
  readonly actor: Actor;
  readonly roles: readonly RoleName[];
  /** Taken when the request names none; `null`: it must name one. */
  readonly defaultRole: RoleName | null;
  readonly variables: ReadonlyMap<string, string>;
  readonly expiresAt?: number;
  readonly backend?: boolean;
  readonly scopes?: Scopes;
  readonly rateLimit?: RateLimit;
  readonly limits?: CredentialLimits;
}

/** Heap bytes of a session without its texts, and of one variable in it: its place in the map. */
const measured = { session: 600, variable: 64 } as const;

/** Estimated heap bytes of the sessions of a grant, one per role. */
export function grantBytes({ actor, roles, variables, scopes }: Omit<Grant, 'defaultRole'>): number {
  const texts = [...Object.values(actor), ...roles, ...[...variables].flat(), scopes?.text];
  const sessions = roles.length * (measured.session + measured.variable * (variables.size + 1));
  return texts.reduce<number>((sum, text) => sum + textBytes(text ?? ''), sessions);
}

/** Whose share of a cache a grant is kept in: that of the role which it usually acts in. */
export function ownerOf({ defaultRole, roles }: Pick<Grant, 'defaultRole' | 'roles'>): string {
  return defaultRole ?? roles[0] ?? '';
}

/** The role that the request asks for by `x-foz-role` or `x-hasura-role`. */
export function requestedRole(request: AuthRequest): string | undefined {
  const role = header(request, 'x-foz-role');
  const alias = header(request, 'x-hasura-role');
  if (role !== undefined && alias !== undefined && role !== alias) {
    const message = 'x-foz-role and x-hasura-role name different roles: send one of them.';
    throw new AccessDenied({ message, why: 'two roles asked for' });
  }
  const asked = role ?? alias;
  return asked === undefined ? undefined : asUtf8(asked, request.via);
}

/** The sessions of one credential, one per role, made when first asked for: the same session comes back as the same object. */
export class GrantedSessions {
  readonly #grant: Grant;
  readonly #sessions = new Map<string, Session>();
  #usual: Session | undefined;

  constructor(grant: Grant) {
    this.#grant = grant;
  }

  /** Whose share of a cache they are kept in. */
  get owner(): string {
    return ownerOf(this.#grant);
  }

  /** Estimated heap bytes, when all of them are made. */
  get bytes(): number {
    return grantBytes(this.#grant);
  }

  /** Whom they stand for: the same object in each. */
  get actor(): Actor {
    return this.#grant.actor;
  }

  /** The session in the role that the request asks for, or in the default role. Throws 403 for a role that is not granted. */
  of(request: AuthRequest): Session {
    const asked = requestedRole(request);
    if (asked === undefined && this.#usual !== undefined) return this.#usual;
    const wanted = asked ?? this.#grant.defaultRole;
    const known = wanted === null ? undefined : this.#sessions.get(wanted);
    if (known !== undefined) return known;
    const session = this.#make(wanted);
    this.#sessions.set(session.role, session);
    if (asked === undefined) this.#usual = session;
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
