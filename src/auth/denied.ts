import { FozError } from '../core/index.ts';

/** The message where details would help an attacker to guess. */
const accepted =
  'The credentials were not accepted: check that they are complete, current, and meant for this server.';

/** Longest stored reason, in characters: it may quote what a client has sent. */
const maxWhy = 300;

export interface DeniedOptions {
  /** The message for the client; default: a text that does not reveal which part was wrong. */
  readonly message?: string;
  /** The reason, for the log and the audit log; never contains the credential. */
  readonly why: string;
  /** 401: try again with (other) credentials; 403: these credentials are not sufficient. */
  readonly status?: 401 | 403;
  /** Value of the `WWW-Authenticate` header for an HTTP answer with status 401. */
  readonly challenge?: string;
}

/** A refusal by authentication: FozError `access-denied` with its HTTP status and challenge. */
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
