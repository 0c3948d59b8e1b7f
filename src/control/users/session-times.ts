import type { SignInConfig } from '../../auth/index.ts';

/** How long a session lasts, in milliseconds. */
export interface SessionTimes {
  readonly idleMs: number;
  readonly lifetimeMs: number;
}

const defaults = { idle: 8 * 3_600, lifetime: 7 * 24 * 3_600 } as const;

/** The times of new sessions; running ones keep theirs. */
export function sessionTimes({ session = {} }: Pick<SignInConfig, 'session'>): SessionTimes {
  const { idle_seconds: idle = defaults.idle, lifetime_seconds: lifetime = defaults.lifetime } = session;
  return { idleMs: idle * 1000, lifetimeMs: lifetime * 1000 };
}
