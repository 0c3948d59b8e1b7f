/** At most `requests` within `seconds` from the first one on; then it begins anew. */
export interface RateLimit {
  readonly requests: number;
  readonly seconds: number;
}

/** Limits of everybody, of a role or of a credential, as a configuration writes them; what is absent is not said here. */
export interface LimitsConfig {
  readonly body_bytes?: number;
  readonly depth?: number;
  readonly nodes?: number;
  readonly tokens?: number;
  readonly time_ms?: number | null;
  readonly batch?: number;
  /** Operations of one caller (key, token, address) within some seconds. */
  readonly rate?: RateLimit | null;
  /** Requests of one caller that run at once. */
  readonly concurrency?: number | null;
  /** The most that an operation may cost, in rows that it may touch. */
  readonly cost?: number | null;
  /** The most rows of any list. */
  readonly rows?: number | null;
  /** Bytes of the answers to one request, and of what databases send for them. */
  readonly answer_bytes?: number | null;
}

/** Limits of a credential besides those of its role; its rate is counted apart. */
export type CredentialLimits = Omit<LimitsConfig, 'rate'>;

/** The limits of a role for a credential: limit by limit the smaller one. `null` is no limit. */
export function narrowedLimits(limits: LimitsConfig, own: CredentialLimits | undefined): LimitsConfig {
  if (own === undefined) return limits;
  const narrowed = Object.entries(own).map(([name, value]) => {
    const given = limits[name as keyof CredentialLimits];
    return [name, smaller(given, value)];
  });
  return { ...limits, ...Object.fromEntries(narrowed) };
}

/** A limit, or the own one where that is smaller; `null` and absent ones are none. */
export function smaller<T extends number | null | undefined>(
  limit: T,
  own: number | null | undefined,
): T | number {
  if (typeof own !== 'number') return limit;
  return typeof limit !== 'number' || own < limit ? own : limit;
}
