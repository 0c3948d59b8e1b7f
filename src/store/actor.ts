/** The originator of a change: a person, a key, a token, or Foz itself. */
export interface Actor {
  readonly kind:
    | 'admin-secret'
    | 'api-key'
    | 'token'
    | 'user'
    | 'webhook'
    | 'anonymous'
    | 'workflow'
    | 'command'
    | 'system';
  /** The name of the secret, id of the key, subject of the token, or id of the user; `null`: anonymous. */
  readonly id: string | null;
  readonly role: string | null;
}
