import type { Session } from '../access/index.ts';
import type { Authenticator } from './authenticator.ts';
import { AccessDenied } from './denied.ts';
import { type AuthRequest, refuseKeyInUrl, refuseRepeated } from './request.ts';

/**
 * Authenticates a request. Throws FozError `access-denied` (AccessDenied), `limit-exceeded` or `unavailable`; errors of a synchronous check
 * are thrown, not returned as a rejected promise.
 */
export type Identify = (request: AuthRequest, now?: number) => Session | Promise<Session>;

/**
 * Tries authenticators in order: the first that finds its kind of credential decides. A request with an unknown kind of credential is
 * refused, and so is one without credentials if no authenticator accepts it.
 */
export function identifyBy(authenticators: readonly Authenticator<unknown>[]): Identify {
  const names = new Set(authenticators.flatMap(({ headers }) => headers ?? []));
  return (request, now = Date.now()) => {
    refuseKeyInUrl(request);
    refuseRepeated(request, names);
    for (const authenticator of authenticators) {
      const credential = authenticator.credential(request);
      if (credential !== undefined) return authenticator.identify(credential, request, now);
    }
    throw unknown(request);
  };
}

function unknown({ headers }: AuthRequest): AccessDenied {
  if (headers.authorization !== undefined || headers['x-api-key'] !== undefined)
    return new AccessDenied({ why: 'no authenticator knows this kind of credential' });
  return new AccessDenied({
    message:
      'This server needs credentials: send an API key in X-API-Key or "Authorization: Bearer ...", or a token of an issuer it knows.',
    why: 'no credentials',
    challenge: 'Bearer realm="foz"',
  });
}
