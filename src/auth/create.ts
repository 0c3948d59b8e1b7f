import type { Session } from '../access/index.ts';
import { type ClientAddress, clientAddress } from './address.ts';
import { type AdminSecret, AdminSecrets } from './admin-secret.ts';
import { Anonymous } from './anonymous.ts';
import { ApiKeys } from './api-keys/api-keys.ts';
import { declaredKeys } from './api-keys/declared.ts';
import type { KeyRepository } from './api-keys/record.ts';
import { DeclaredKeys, KeyRepositories } from './api-keys/repositories.ts';
import type { Authenticator } from './authenticator.ts';
import type { AuthConfig } from './config.ts';
import { parseRole } from './grant.ts';
import { type Identify, identifyBy } from './identify.ts';
import { Tokens } from './jwt/tokens.ts';
import { type SessionEnd, SessionEnds } from './session-end.ts';
import { Webhook } from './webhook/webhook.ts';

export interface AuthOptions {
  /** Already checked by `checkAuth`. */
  readonly config: AuthConfig;
  /** Keys of the control store, besides those in the configuration. */
  readonly keys?: KeyRepository;
  /** What hashes of keys in the control store are made with: the current one first. At least 32 bytes each. */
  readonly peppers?: readonly Uint8Array[];
  /** Further admin secrets, such as one made at the first start. */
  readonly adminSecrets?: readonly AdminSecret[];
  /** Further protocols; tried after tokens and before the webhook. */
  readonly more?: readonly Authenticator<unknown>[];
}

/** Everything that tells who is asking. */
export interface Auth {
  readonly identify: Identify;
  readonly clientAddress: ClientAddress;
  /** Calls back once when a session is over: expired, or its API key was revoked or changed. Returns how to stop watching. */
  watch(session: Session, onEnd: (reason: SessionEnd) => void): () => void;
  /** Writes last uses and stops all timers. */
  close(): Promise<void>;
}

/**
 * Puts authentication together. The order: admin secret, API key, token, further protocols, webhook, anonymous role. The webhook, where
 * there is one, gets every request that the ones before it leave, also those without credentials.
 */
export function createAuth(options: AuthOptions): Auth {
  const { config, keys } = options;
  const declared = new DeclaredKeys(declaredKeys(config.api_keys ?? []));
  const repository = keys === undefined ? declared : new KeyRepositories([declared, keys]);
  const address = clientAddress(config.trusted_proxies ?? []);
  const apiKeys = new ApiKeys({ repository, peppers: options.peppers ?? [], clientAddress: address });
  const authenticators: Authenticator<unknown>[] = [
    new AdminSecrets([...adminSecretsOf(config), ...(options.adminSecrets ?? [])]),
    apiKeys,
    new Tokens({ issuers: config.jwt ?? [], cookieOrigins: config.cookie_origins }),
    ...(options.more ?? []),
  ];
  const anonymous = parseRole(config.anonymous_role);
  if (config.webhook !== undefined) authenticators.push(new Webhook(config.webhook));
  else if (anonymous !== undefined) authenticators.push(new Anonymous(anonymous));
  const ends = new SessionEnds(repository);
  return {
    identify: identifyBy(authenticators),
    clientAddress: address,
    watch: (session, onEnd) => ends.watch(session, onEnd),
    async close() {
      ends.close();
      await Promise.all(authenticators.map((authenticator) => authenticator.close?.()));
    },
  };
}

function adminSecretsOf({ admin_secrets: secrets = [] }: AuthConfig): AdminSecret[] {
  return secrets.map((secret, at) =>
    typeof secret === 'string' ? { name: `admin-${at + 1}`, secret } : secret,
  );
}
