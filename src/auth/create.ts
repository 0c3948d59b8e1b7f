import { isDeepStrictEqual } from 'node:util';
import type { Session } from '../access/index.ts';
import { type CacheState, parseRoleName } from '../core/index.ts';
import { HttpClient } from '../outbound/index.ts';
import { type ClientAddress, clientAddress } from './address.ts';
import { type AdminSecret, AdminSecrets } from './admin-secret.ts';
import { Anonymous } from './anonymous.ts';
import { ApiKeys } from './api-keys/api-keys.ts';
import { declaredKeys } from './api-keys/declared.ts';
import { type DeclaredKey, DeclaredKeys, KeyRepositories } from './api-keys/declared-keys.ts';
import type { KeyRepository } from './api-keys/record.ts';
import type { Authenticator } from './authenticator.ts';
import type { AuthConfig } from './config.ts';
import { type Identify, identifyBy } from './identify.ts';
import { Tokens } from './jwt/jwt-authenticator.ts';
import { type SessionEnd, SessionEnds } from './session-end.ts';
import type { SessionRepository } from './sessions/record.ts';
import { SessionCookies } from './sessions/session-cookies.ts';
import { isPlainServer } from './sso/server-url.ts';
import { Webhook } from './webhook/webhook.ts';

export interface AuthOptions {
  /** Must have passed `checkAuth`. */
  readonly config: AuthConfig;
  /** Keys of the control store, besides those in the configuration. */
  readonly keys?: KeyRepository;
  /** Sessions of people who signed in. Absent: there are none. */
  readonly sessions?: SessionRepository;
  /** Peppers for the hashes of keys in the control store: the current one first. At least 32 bytes each. */
  readonly peppers?: readonly Uint8Array[];
  /** Further admin secrets, such as the one generated at the first start. */
  readonly adminSecrets?: readonly AdminSecret[];
  /** Sends the requests to issuers and to the webhook; default: a client of its own, without a proxy. */
  readonly http?: HttpClient;
  /** Further protocols; they come after tokens and before the webhook. */
  readonly more?: readonly Authenticator<unknown>[];
}

/** The parts that may change while sessions run. */
export interface SignIns
  extends Pick<
    AuthConfig,
    'jwt' | 'webhook' | 'anonymous_role' | 'cookie_origins' | 'trusted_proxies' | 'providers' | 'sign_in'
  > {
  readonly adminSecrets: readonly AdminSecret[];
}

/** The authentication of a server. */
export interface Auth {
  readonly identify: Identify;
  readonly clientAddress: ClientAddress;
  /** Caches that grow with the number of callers. */
  readonly caches: readonly CacheState[];
  /** The keys of the configuration, with their last uses; uses of the last seconds may be missing. */
  declaredKeys(): readonly DeclaredKey[];
  /**
   * Replaces the sign-in methods. Sessions of a credential that was removed or changed end. Must have passed `checkAuth`.
   */
  use(signIns: SignIns): void;
  /** Calls back once when a session ends: it expired, or its credential was revoked or changed. Returns a function that stops watching. */
  watch(session: Session, onEnd: (reason: SessionEnd) => void): () => void;
  /** Writes pending last uses and stops all timers. */
  close(): Promise<void>;
}

/**
 * Builds authentication. The order: admin secret, API key, token, session cookie, further protocols, webhook, anonymous role. The webhook, where one is
 * configured, gets every request without a credential of an earlier kind, also requests without any credentials.
 */
export function createAuth(options: AuthOptions): Auth {
  const { config, keys, more = [] } = options;
  const declared = new DeclaredKeys(declaredKeys(config.api_keys ?? []));
  const repository = keys === undefined ? declared : new KeyRepositories([declared, keys]);
  let addressBy = clientAddress(config.trusted_proxies ?? []);
  const address: ClientAddress = (request) => addressBy(request);
  const apiKeys = new ApiKeys({ repository, peppers: options.peppers ?? [], clientAddress: address });
  const sessions =
    options.sessions === undefined
      ? null
      : new SessionCookies({
          repository: options.sessions,
          clientAddress: address,
          onEnded: () => ends.review(),
        });
  const others = sessions === null ? more : [sessions, ...more];
  const put = ({ admin, tokens, last }: SignInMethods) =>
    identifyBy([admin, apiKeys, tokens, ...others, ...(last === null ? [] : [last])]);
  const own = options.http === undefined ? new HttpClient({ author: 'operator' }) : null;
  const http = options.http ?? own!;
  const adminSecrets = adminSecretsIn(config, options.adminSecrets);
  let methods = signInMethodsOf({ ...config, adminSecrets }, http);
  let identify = put(methods);
  sessions?.use(sessionRules(config));
  const ends = new SessionEnds(repository, (session, now) => endOf(session, methods, sessions, now));
  return {
    identify: (request, now) => identify(request, now),
    clientAddress: address,
    get caches() {
      const answers = methods.last?.kind === 'webhook' ? methods.last.cache : null;
      const kept = [answers, sessions?.cache ?? null].filter((cache) => cache !== null);
      return [apiKeys.cache, methods.tokens.cache, ...kept];
    },
    declaredKeys: () => declared.list(),
    use(signIns) {
      methods = signInMethodsOf(signIns, http, methods);
      addressBy = clientAddress(signIns.trusted_proxies ?? []);
      sessions?.use(sessionRules(signIns));
      identify = put(methods);
      ends.review();
    },
    watch: (session, onEnd) => ends.watch(session, onEnd),
    async close() {
      ends.close();
      await Promise.all([own, apiKeys, ...others].map((part) => part?.close?.()));
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

/** The sign-in methods that may change. */
interface SignInMethods {
  readonly admin: AdminSecrets;
  readonly tokens: Tokens;
  /** The method for requests without a credential of the other kinds. */
  readonly last: Webhook | Anonymous | null;
}

function signInMethodsOf(
  { adminSecrets, jwt = [], cookie_origins, webhook, anonymous_role }: SignIns,
  http: HttpClient,
  former?: SignInMethods,
): SignInMethods {
  const anonymous = parseRoleName(anonymous_role);
  const formerLast = former?.last;
  const last = (): SignInMethods['last'] => {
    if (webhook !== undefined)
      return formerLast?.kind === 'webhook' && isDeepStrictEqual(formerLast.config, webhook)
        ? formerLast
        : new Webhook(webhook, http);
    if (anonymous === undefined) return null;
    return formerLast?.kind === 'anonymous' && formerLast.role === anonymous
      ? formerLast
      : new Anonymous(anonymous);
  };
  return {
    admin: new AdminSecrets(adminSecrets, former?.admin),
    tokens: new Tokens({ issuers: jwt, http, cookieOrigins: cookie_origins }, former?.tokens),
    last: last(),
  };
}

function sessionRules({ providers = [], cookie_origins, sign_in = {} }: Partial<SignIns>) {
  return {
    providers: new Set(providers.map(({ name }) => name)),
    origins: new Set(cookie_origins),
    isPlain: isPlainServer(sign_in),
  };
}

/** Why a session has ended. For API keys, SessionEnds asks the repositories instead. */
function endOf(
  { actor }: Session,
  { admin, tokens, last }: SignInMethods,
  sessions: SessionCookies | null,
  now: number,
): SessionEnd | null {
  if (actor?.kind === 'session') return sessions === null ? 'changed' : sessions.endOf(actor, now);
  if (actor?.kind === 'jwt') return tokens.endOf(actor, now);
  if (actor?.kind === 'admin-secret') return admin.endOf(actor);
  if (actor?.kind === 'webhook' || actor?.kind === 'anonymous')
    return last === null ? 'changed' : last.endOf(actor);
  return null;
}
