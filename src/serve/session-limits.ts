import { type CredentialLimits, narrowedLimits, type Session } from '../access/index.ts';
import type { Limits } from './limits.ts';
import type { ServerOptions } from './options.ts';

/** Returns the limits of a session. */
export type LimitsOf = (session: Session) => Limits;

/** The limits of sessions: the role's, narrowed by the credential's. The same object for as long as they do not change. */
export function limitsOfSessions(options: Pick<ServerOptions, 'limits' | 'roleLimits'>): LimitsOf {
  const known = new WeakMap<CredentialLimits, WeakMap<Limits, Limits>>();
  return ({ role, limits: own }) => {
    const limits = options.roleLimits?.get(role) ?? options.limits;
    if (own === undefined) return limits;
    const narrowed = known.get(own) ?? new WeakMap<Limits, Limits>();
    const found = narrowed.get(limits) ?? narrowedLimits(limits, own);
    known.set(own, narrowed.set(limits, found));
    return found;
  };
}
