import { isDeepStrictEqual } from 'node:util';
import type { Session } from '../access/index.ts';
import { type CacheState, parseRoleName } from '../core/index.ts';
import { type ClientAddress, clientAddress } from './address.ts';
import { type AdminSecret, AdminSecrets } from './admin-secret.ts';
import { Anonymous } from './anonymous.ts';
import { ApiKeys } from './api-keys/api-keys.ts';
import { declaredKeys } from './api-keys/declared.ts';
import type { KeyRepository } from './api-keys/record.ts';
import { type DeclaredKey, DeclaredKeys, KeyRepositories } from './api-keys/repositories.ts';
import type { Authenticator } from './authenticator.ts';
import type { AuthConfig } from './config.ts';
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

/** What may change while sessions run. */
export interface SignIns
  extends Pick<AuthConfig, 'jwt' | 'webhook' | 'anonymous_role' | 'cookie_origins' | 'trusted_proxies'> {
  readonly adminSecrets: readonly AdminSecret[];
}

/** Everything that tells who is asking. */
export interface Auth {
  readonly identify: Identify;
  readonly clientAddress: ClientAddress;
  /** What is remembered of callers. */
  readonly caches: readonly CacheState[];
  /** The keys of the configuration, with their last uses; those of the last seconds may be missing. */
  declaredKeys(): readonly DeclaredKey[];
  /** Takes over other ways of signing in; sessions that came in by one that is gone or changed are over. Already checked by `checkAuth`. */
  use(signIns: SignIns): void;
  /** Calls back once when a session is over: expired, or what it came in with was revoked or changed. Returns how to stop watching. */
  watch(session: Session, onEnd: (reason: SessionEnd) => void): () => void;
  /** Writes last uses and stops all timers. */
  close(): Promise<void>;
}

/**
 * Puts authentication together. The order: admin secret, API key, token, further protocols, webhook, anonymous role. The webhook, where
 * there is one, gets every request that the ones before it leave, also those without credentials.
 */
export function createAuth(options: AuthOptions): Auth {
  const { config, keys, more = [] } = options;
  const declared = new DeclaredKeys(declaredKeys(config.api_keys ?? []));
  const repository = keys === undefined ? declared : new KeyRepositories([declared, keys]);
  let addressBy = clientAddress(config.trusted_proxies ?? []);
  const address: ClientAddress = (request) => addressBy(request);
  const apiKeys = new ApiKeys({ repository, peppers: options.peppers ?? [], clientAddress: address });
  const put = ({ admin, tokens, last }: Ways) =>
    identifyBy([admin, apiKeys, tokens, ...more, ...(last === null ? [] : [last])]);
  let ways = waysOf({ ...config, adminSecrets: adminSecretsIn(config, options.adminSecrets) });
  let identify = put(ways);
  const ends = new SessionEnds(repository, (session, now) => endOf(session, ways, now));
  return {
    identify: (request, now) => identify(request, now),
    clientAddress: address,
    get caches() {
      const answers = ways.last?.kind === 'webhook' ? ways.last.cache : null;
      return [apiKeys.cache, ways.tokens.cache, ...(answers === null ? [] : [answers])];
    },
    declaredKeys: () => declared.list(),
    use(signIns) {
      ways = waysOf(signIns, ways);
      addressBy = clientAddress(signIns.trusted_proxies ?? []);
      identify = put(ways);
      ends.review();
    },
    watch: (session, onEnd) => ends.watch(session, onEnd),
    async close() {
      ends.close();
      await Promise.all([apiKeys, ...more].map((authenticator) => authenticator.close?.()));
    },
  };
}

/** The admin secrets of a configuration, and others. */
export function adminSecretsIn(
  { admin_secrets: secrets = [] }: AuthConfig,
  others: readonly AdminSecret[] = [],
): readonly AdminSecret[] {
  const declared = secrets.map((secret, at) =>
    typeof secret === 'string' ? { name: `admin-${at + 1}`, secret } : secret,
  );
  return [...declared, ...others];
}

/** The ways of signing in that may change. */
interface Ways {
  readonly admin: AdminSecrets;
  readonly tokens: Tokens;
  /** Who gets what the others leave. */
  readonly last: Webhook | Anonymous | null;
}

function waysOf(
  { adminSecrets, jwt = [], cookie_origins, webhook, anonymous_role }: SignIns,
  former?: Ways,
): Ways {
  const anonymous = parseRoleName(anonymous_role);
  const there = former?.last;
  const last = (): Ways['last'] => {
    if (webhook !== undefined)
      return there?.kind === 'webhook' && isDeepStrictEqual(there.config, webhook)
        ? there
        : new Webhook(webhook);
    if (anonymous === undefined) return null;
    return there?.kind === 'anonymous' && there.role === anonymous ? there : new Anonymous(anonymous);
  };
  return {
    admin: new AdminSecrets(adminSecrets, former?.admin),
    tokens: new Tokens({ issuers: jwt, cookieOrigins: cookie_origins }, former?.tokens),
    last: last(),
  };
}

/** What becomes of API keys is read from where they are kept. */
function endOf({ actor }: Session, { admin, tokens, last }: Ways, now: number): SessionEnd | null {
  if (actor?.kind === 'jwt') return tokens.endOf(actor, now);
  if (actor?.kind === 'admin-secret') return admin.endOf(actor);
  if (actor?.kind === 'webhook' || actor?.kind === 'anonymous')
    return last === null ? 'changed' : last.endOf(actor);
  return null;
}
