import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { adminSession, type Session } from '../access/index.ts';
import {
  type AdminSecret,
  type Auth,
  createAuth,
  httpRequest,
  mintAdminSecret,
  sha256Of,
  websocketRequest,
} from '../auth/index.ts';
import { type ControlPlane, type FozConfig, firstSecretName, type Settings } from '../control/index.ts';
import { adminRole, FozError } from '../core/index.ts';
import type { ServerOptions } from '../serve/index.ts';

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
  /** The admin secret that was made at this start: told once, only its hash is kept. */
  readonly newAdminSecret: string | null;
  close(): Promise<void>;
}

/** Puts authentication together as the configuration says; without its `auth` part everybody may do everything. */
export function authenticationOf(
  { auth: config, state = '.foz' }: FozConfig,
  plane: ControlPlane | null,
): Authentication {
  if (config === undefined)
    return {
      identify: () => adminSession,
      identifySocket: () => adminSession,
      addressOf: ({ socket }) => socket.remoteAddress ?? null,
      use: () => {},
      auth: null,
      newAdminSecret: null,
      close: async () => {},
    };
  const first = config.admin_secrets === undefined ? firstSecret(state) : null;
  const auth = createAuth({
    config,
    adminSecrets: first?.kept ? [first.kept] : [],
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
    use({ signIns, droppedSecrets }) {
      isKnown = true;
      const isDropped = droppedSecrets.has(firstSecretName);
      if (isDropped && first !== null) forgetFirstSecret(state);
      const kept = first?.kept && !isDropped ? [first.kept] : [];
      if (signIns !== null) auth.use({ ...signIns, adminSecrets: [...signIns.adminSecrets, ...kept] });
    },
    auth,
    newAdminSecret: first?.secret ?? null,
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

/** What stands in the file of a secret that counts no longer. */
const forgotten = 'dropped';

function firstSecretFile(folder: string): string {
  return join(folder, 'admin-secret.sha256');
}

function forgetFirstSecret(folder: string): void {
  writeFileSync(firstSecretFile(folder), `${forgotten}\n`, { mode: 0o600 });
}

/** There is always an admin secret: where none is configured, one is made at the first start and its hash is kept. */
function firstSecret(folder: string): {
  /** `null`: it was ended, since there are others. */
  readonly kept: AdminSecret | null;
  readonly secret: string | null;
} {
  const file = firstSecretFile(folder);
  const name = firstSecretName;
  if (existsSync(file)) {
    const sha256 = readFileSync(file, 'utf8').trim();
    return { kept: sha256 === forgotten ? null : { name, sha256 }, secret: null };
  }
  const secret = mintAdminSecret();
  const sha256 = sha256Of(secret);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${sha256}\n`, { mode: 0o600, flag: 'wx' });
  return { kept: { name, sha256 }, secret };
}
