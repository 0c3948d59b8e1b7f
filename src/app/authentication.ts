import type { IncomingMessage } from 'node:http';
import { adminSession, type Session } from '../access/index.ts';
import { type Auth, createAuth, httpRequest, websocketRequest } from '../auth/index.ts';
import type { ControlPlane, FozConfig, RuntimeSettings, Settings } from '../control/index.ts';
import { adminRole, FozError } from '../core/index.ts';
import type { ServerOptions } from '../serve/index.ts';
import type { StoreLog } from '../store/index.ts';
import { FirstSecret } from './first-secret.ts';

/** Who is asking, for the HTTP front. */
export interface Authentication {
  /** Throws or rejects with FozError `access-denied`. */
  identify(request: IncomingMessage): Session | Promise<Session>;
  /** The same for a WebSocket: by the request for it and the payload of its `connection_init`. */
  identifySocket(upgrade: IncomingMessage, payload: unknown): Session | Promise<Session>;
  /** The caller's address, as trusted proxies tell it. */
  addressOf(request: IncomingMessage): string | null;
  /** Takes over what the store adds to the configuration. */
  use(settings: Settings): void;
  /** `null`: nothing is configured, so everybody is admin. */
  readonly auth: Auth | null;
  /** Settles which first admin secret counts, where none is configured; waits for a store that answers. */
  settleFirst(settings: RuntimeSettings): Promise<void>;
  /** The admin secret that was made at this start: told once, only its hash is kept. */
  readonly newAdminSecret: string | null;
  /** Whether that one ends when the store, which does not answer yet, turns out to have another one. */
  readonly isProvisional: boolean;
  close(): Promise<void>;
}

/** Puts authentication together as the configuration says; without its `auth` part everybody may do everything. */
export function authenticationOf(
  { auth: config, state = '.foz' }: FozConfig,
  plane: ControlPlane | null,
  log: StoreLog,
): Authentication {
  if (config === undefined)
    return {
      identify: () => adminSession,
      identifySocket: () => adminSession,
      addressOf: ({ socket }) => socket.remoteAddress ?? null,
      use: () => {},
      auth: null,
      settleFirst: async () => {},
      newAdminSecret: null,
      isProvisional: false,
      close: async () => {},
    };
  const first = config.admin_secrets === undefined ? new FirstSecret(state, log) : null;
  const auth = createAuth({
    config,
    adminSecrets: first?.own ?? [],
    ...(plane === null ? {} : { keys: plane.keys, peppers: plane.peppers }),
  });
  // Until the store was read, nobody knows what it forbids.
  let isKnown = plane === null;
  const known = (session: Session | Promise<Session>) =>
    isKnown ? session : Promise.resolve(session).then(onlyAdmin);
  return {
    identify: (request) => known(auth.identify(httpRequest(request))),
    identifySocket: (upgrade, payload) => known(auth.identify(websocketRequest(upgrade, payload))),
    addressOf: (request) => auth.clientAddress(httpRequest(request)),
    use({ signIns, firstSecret }) {
      isKnown = true;
      first?.follow(firstSecret);
      const own = first?.own ?? [];
      if (signIns !== null) auth.use({ ...signIns, adminSecrets: [...signIns.adminSecrets, ...own] });
    },
    auth,
    settleFirst: async (settings) => first?.offer(settings),
    get newAdminSecret() {
      return first?.secret ?? null;
    },
    get isProvisional() {
      return first?.isProvisional ?? false;
    },
    close: () => auth.close(),
  };
}

/** What the front asks to know who comes in and when their session is over. */
export function doorOf({ identify, identifySocket, addressOf, auth }: Authentication) {
  const watch = auth === null ? {} : { watch: auth.watch };
  return { identify, identifySocket, addressOf, ...watch } satisfies Partial<ServerOptions>;
}

function onlyAdmin(session: Session): Session {
  if (session.role === adminRole) return session;
  throw new FozError('unavailable', 'Foz could not read its settings from its store yet: try again shortly.');
}
