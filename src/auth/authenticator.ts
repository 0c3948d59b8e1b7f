import type { Actor, Session } from '../access/index.ts';
import type { AuthRequest } from './request.ts';
import type { SessionEnd } from './session-end.ts';

/**
 * One kind of authentication. `credential` finds the kind of credential that this authenticator handles; it must be cheap, and must not
 * trust what it reads. `identify` verifies it: it returns a session, or throws `access-denied` (AccessDenied) for an invalid credential and
 * `unavailable` when a server that it depends on does not answer. The first authenticator that finds its credential decides; a request is
 * never passed on to a later one. A single sign-on protocol has two parts. An authenticator verifies what the sign-in left with the client
 * (a token, a cookie with a session id). Routes of its own perform the sign-in (redirects of OIDC, SAML and CAS, a bind to LDAP, an OAuth2
 * code) and end by issuing such a token.
 */
export interface Authenticator<Credential = string> {
  readonly kind: string;
  /** Lower-case names of security-relevant headers besides Authorization, X-API-Key, x-foz-* and x-hasura-*. */
  readonly headers?: readonly string[];
  /** The credential of this kind in the request; `undefined`: there is none. */
  credential(request: AuthRequest): Credential | undefined;
  /** Verifies the credential. `now` in milliseconds since 1970. Synchronous where the result is cached. */
  identify(credential: Credential, request: AuthRequest, now: number): Session | Promise<Session>;
  /**
   * Why a session has ended before it expires; `null`: it has not. `actor` is the very object that `identify` returned. Called every second
   * for each WebSocket, so it uses only what is in memory; at most it starts a refresh. Absent: sessions never end early.
   */
  endOf?(actor: Actor, now: number): SessionEnd | null;
  /** Stops timers and writes pending data. */
  close?(): Promise<void>;
}
