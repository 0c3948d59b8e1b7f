import type { Actor, Session } from '../access/index.ts';
import type { AuthRequest } from './request.ts';
import type { SessionEnd } from './session-end.ts';

/**
 * One way of telling who is asking. `credential` looks for the kind of credential this authenticator knows and must be cheap and never
 * trust what it reads; `identify` checks it and either gives a session or throws: `access-denied` (AccessDenied) for a credential that is
 * wrong, `unavailable` when somebody who has to be asked cannot be. The first authenticator that finds its credential decides; nothing
 * falls through to a later one. A protocol for single sign-on fits in here twice over: what it leaves with the browser or the client (a
 * token, a cookie that names a session) is found and checked by an authenticator, and the sign-in itself (redirects of OIDC, SAML and
 * CAS, a bind to LDAP, a code of OAuth2) stands behind routes of its own that end in issuing such a token.
 */
export interface Authenticator<Credential = string> {
  readonly kind: string;
  /** Lower-case names of headers that decide besides Authorization, X-API-Key, x-foz-* and x-hasura-*. */
  readonly headers?: readonly string[];
  /** The credential of this kind that the request carries; `undefined`: none. */
  credential(request: AuthRequest): Credential | undefined;
  /** Checks it. `now` in milliseconds since 1970. Synchronous where the answer is known already. */
  identify(credential: Credential, request: AuthRequest, now: number): Session | Promise<Session>;
  /**
   * Why a session of this actor, the very object that `identify` gave, is over before it expires; `null`: it is not. Asked every second
   * for each WebSocket, so it looks at what is known and starts at most to find out more. Absent: none ever is.
   */
  endOf?(actor: Actor, now: number): SessionEnd | null;
  /** Stops timers and writes what is not written yet. */
  close?(): Promise<void>;
}
