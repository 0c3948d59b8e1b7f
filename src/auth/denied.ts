import { FozError } from '../core/index.ts';

/** What is told where telling more would help to guess. */
const accepted =
  'The credentials were not accepted: check that they are complete, current, and meant for this server.';

/** Longest reason that is kept, in characters: it may quote what a client has sent. */
const maxWhy = 300;

export interface DeniedOptions {
  /** What the caller reads; by default a text that does not tell which part was wrong. */
  readonly message?: string;
  /** Why, for the log and the audit; never the credential itself. */
  readonly why: string;
  /** 401: come back with (other) credentials; 403: these credentials do not allow it. */
  readonly status?: 401 | 403;
  /** Value of the `WWW-Authenticate` header for an HTTP answer with status 401. */
  readonly challenge?: string;
}

/** A refusal by authentication: FozError `access-denied` that knows its HTTP status and challenge. */
export class AccessDenied extends FozError {
  readonly status: 401 | 403;
  readonly challenge: string | null;

  constructor({ message = accepted, why, status = 401, challenge }: DeniedOptions) {
    super('access-denied', message, { internal: why.slice(0, maxWhy) });
    this.name = 'AccessDenied';
    this.status = status;
    this.challenge = status === 401 ? (challenge ?? 'Bearer realm="foz", error="invalid_token"') : null;
  }
}
