/** At most `requests` in a window of `seconds`, which starts with the first request. */
export interface RateLimit {
  readonly requests: number;
  readonly seconds: number;
}

/** Limits of all callers, of a role or of a credential, as the configuration states them. An absent limit is not stated. */
export interface LimitsConfig {
  /** Bytes of a request body. */
  readonly body_bytes?: number;
  /** Nesting of selections. */
  readonly depth?: number;
  /** Fields of an operation after fragments are spread. */
  readonly nodes?: number;
  /** Lexical tokens of a document. */
  readonly tokens?: number;
  /** Milliseconds for a whole operation. */
  readonly time_ms?: number | null;
  /** Operations in one HTTP request. */
  readonly batch?: number;
  /** Operations per caller (key, token, address) in a window. */
  readonly rate?: RateLimit | null;
  /** Requests of one caller that run at once or whose responses are not read yet. */
  readonly concurrency?: number | null;
  /** Subscriptions of one caller that run at once. */
  readonly subscriptions?: number | null;
  /** Answers that the subscriptions of one caller get per second, together. */
  readonly answers_per_second?: number | null;
  /** The highest cost of an operation, in rows that it may touch. */
  readonly cost?: number | null;
  /** The most rows of a list. */
  readonly rows?: number | null;
  /** The most bytes of the answers to one request, and of what databases send for them. */
  readonly answer_bytes?: number | null;
}

/** Limits of a credential besides those of its role. Its rate limit is counted separately. */
export type CredentialLimits = Omit<LimitsConfig, 'rate'>;

/** The limits of a role, each lowered to the credential's own limit. `null`: no limit. */
export function narrowedLimits<T extends LimitsConfig>(limits: T, own: CredentialLimits | undefined): T {
  if (own === undefined) return limits;
  const narrowed = Object.entries(own).map(([name, value]) => {
    const given = limits[name as keyof CredentialLimits];
    return [name, smaller(given, value)];
  });
  return { ...limits, ...Object.fromEntries(narrowed) };
}

/** The lower of two limits; `null` and absent mean no limit. */
function smaller<T extends number | null | undefined>(limit: T, own: number | null | undefined): T | number {
  if (typeof own !== 'number') return limit;
  return typeof limit !== 'number' || own < limit ? own : limit;
}
