/** Who does something to the store: a person, a key, a token, or Foz itself. */
export interface Actor {
  readonly kind: 'admin-secret' | 'api-key' | 'token' | 'webhook' | 'anonymous' | 'command' | 'system';
  /** Name of the secret, id of the key, subject of the token; `null`: nobody in particular. */
  readonly id: string | null;
  readonly role: string | null;
}
