import type { IncomingMessage } from 'node:http';
import { adminSession, type Session } from '../access/index.ts';
import {
  type Auth,
  type AuthConfig,
  createAuth,
  httpRequest,
  Providers,
  type SignInConfig,
  websocketRequest,
} from '../auth/index.ts';
import type { ControlPlane, FozConfig, RuntimeSettings, Settings } from '../control/index.ts';
import { adminRole, FozError } from '../core/index.ts';
import { GuardedSockets, HttpClient } from '../outbound/index.ts';
import type { ServerOptions } from '../serve/index.ts';
import type { StoreLog } from '../store/index.ts';
import { FirstSecret } from './first-secret.ts';

/** Authentication for the HTTP front. */
export interface Authentication {
  /** The session of a request. Throws or rejects with FozError `access-denied`. */
  identify(request: IncomingMessage): Session | Promise<Session>;
  /** Authenticates a WebSocket by its upgrade request and the payload of `connection_init`. */
  identifySocket(upgrade: IncomingMessage, payload: unknown): Session | Promise<Session>;
  /** The caller's address, as reported by trusted proxies. */
  addressOf(request: IncomingMessage): string | null;
  /** Applies the settings of the configuration and the store. */
  use(settings: Settings): void;
  /** `null`: no authentication is configured, so every caller is admin. */
  readonly auth: Auth | null;
  /** The providers that people sign in with. */
  readonly providers: Providers;
  readonly signInConfig: SignInConfig;
  /** Origins, besides the server's own, whose pages may send cookies. */
  readonly cookieOrigins: readonly string[];
  /** Determines the first admin secret, where none is configured; waits for a store that answers. */
  settleFirst(settings: RuntimeSettings): Promise<void>;
  /** The admin secret that was generated at this start. It is shown once; only its hash is stored. */
  readonly newAdminSecret: string | null;
  /** Whether `newAdminSecret` becomes invalid if the store, which does not answer yet, turns out to have another one. */
  readonly isProvisional: boolean;
  close(): Promise<void>;
}

/** Builds authentication from the configuration. Without an `auth` part, every caller is admin. */
export function authenticationOf(
  { auth: config, state = '.foz', outbound = {} }: FozConfig,
  plane: ControlPlane | null,
  log: StoreLog,
): Authentication {
  // Operators write these URLs, often of identity providers in the inner network.
  const limits = { connectionsPerOrigin: 256 };
  const http = new HttpClient({ author: 'operator', config: outbound, limits });
  const sockets = new GuardedSockets({ author: 'operator', config: outbound });
  const providers = new Providers(http, sockets);
  if (config === undefined) return openToAll(http, providers);
  let current: Pick<AuthConfig, 'sign_in' | 'cookie_origins'> = config;
  providers.use(config.providers ?? []);
  const first = config.admin_secrets === undefined ? new FirstSecret(state, log) : null;
  const auth = createAuth({
    config,
    http,
    adminSecrets: first?.own ?? [],
    ...(plane === null ? {} : { keys: plane.keys, peppers: plane.peppers, sessions: plane.sessions }),
  });
  // Before the store is read, the settings in it that restrict access are unknown.
  let isKnown = plane === null;
  const guarded = (session: Session | Promise<Session>) =>
    isKnown ? session : Promise.resolve(session).then(onlyAdmin);
  return {
    identify: (request) => guarded(auth.identify(httpRequest(request))),
    identifySocket: (upgrade, payload) => guarded(auth.identify(websocketRequest(upgrade, payload))),
    addressOf: (request) => auth.clientAddress(httpRequest(request)),
    use({ signIns, firstSecret }) {
      isKnown = true;
      first?.follow(firstSecret);
      const own = first?.own ?? [];
      if (signIns === null) return;
      providers.use(signIns.providers ?? []);
      current = signIns;
      auth.use({ ...signIns, adminSecrets: [...signIns.adminSecrets, ...own] });
    },
    auth,
    providers,
    get signInConfig() {
      return current.sign_in ?? {};
    },
    get cookieOrigins() {
      return current.cookie_origins ?? [];
    },
    settleFirst: async (settings) => first?.offer(settings),
    get newAdminSecret() {
      return first?.secret ?? null;
    },
    get isProvisional() {
      return first?.isProvisional ?? false;
    },
    async close() {
      await auth.close();
      await http.close();
    },
  };
}

/** Without an `auth` part: every caller is admin, and nobody signs in. */
function openToAll(http: HttpClient, providers: Providers): Authentication {
  return {
    identify: () => adminSession,
    identifySocket: () => adminSession,
    addressOf: ({ socket }) => socket.remoteAddress ?? null,
    use: () => {},
    auth: null,
    providers,
    signInConfig: {},
    cookieOrigins: [],
    settleFirst: async () => {},
    newAdminSecret: null,
    isProvisional: false,
    close: () => http.close(),
  };
}

/** The parts of authentication that the HTTP front needs. */
export function admissionOf({ identify, identifySocket, addressOf, auth }: Authentication) {
  const watch = auth === null ? {} : { watch: auth.watch };
  return { identify, identifySocket, addressOf, ...watch } satisfies Partial<ServerOptions>;
}

function onlyAdmin(session: Session): Session {
  if (session.role === adminRole) return session;
  throw new FozError('unavailable', 'Foz could not read its settings from its store yet: try again shortly.');
}
