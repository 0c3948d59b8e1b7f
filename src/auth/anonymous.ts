import type { Actor, Session } from '../access/index.ts';
import type { RoleName } from '../core/index.ts';
import type { Authenticator } from './authenticator.ts';
import { GrantedSessions } from './grant.ts';
import type { AuthRequest } from './request.ts';
import type { SessionEnd } from './session-end.ts';

/** Assigns the configured role to requests without credentials. */
export class Anonymous implements Authenticator<true> {
  readonly kind = 'anonymous';
  readonly role: RoleName;
  readonly #sessions: GrantedSessions;

  constructor(role: RoleName) {
    this.role = role;
    this.#sessions = new GrantedSessions({
      actor: Object.freeze({ kind: 'anonymous', id: role }),
      roles: Object.freeze([role]),
      defaultRole: role,
      variables: new Map(),
    });
  }

  credential(request: AuthRequest): true | undefined {
    const { authorization, 'x-api-key': key } = request.headers;
    return authorization === undefined && key === undefined ? true : undefined;
  }

  identify(_credential: true, request: AuthRequest): Session {
    return this.#sessions.of(request);
  }

  endOf(actor: Actor): SessionEnd | null {
    return actor === this.#sessions.actor ? null : 'changed';
  }
}
