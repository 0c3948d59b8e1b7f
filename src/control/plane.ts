import { type KeyRepository, Sealer, type SessionRepository } from '../auth/index.ts';
import { namedLists } from '../catalog/index.ts';
import { FozError } from '../core/index.ts';
import {
  AuditLog,
  addFormerPeppers,
  derivedKeys,
  failureFields,
  keyRing,
  openStore,
  peppersOf,
  Secrets,
  type Store,
  StoredKeys,
  StoredSessions,
  type StoreLog,
  startRetention,
  storeExists,
} from '../store/index.ts';
import type { FozConfig } from './config/config.ts';

/** Foz's own store and the services on it, while the server runs. */
export interface ControlPlane {
  readonly store: Store;
  /** Encrypted values in the store. */
  readonly secrets: Secrets;
  /** The API keys of the store. */
  readonly keys: KeyRepository;
  /** Peppers of the hashes of those keys. */
  readonly peppers: readonly Uint8Array[];
  /** The sessions of people who signed in. */
  readonly sessions: SessionRepository;
  /** Encrypts what a sign-in leaves with browsers and in the store. */
  readonly sealer: Sealer;
  /** The audit log; `null`: the configuration has switched it off. */
  readonly audit: AuditLog | null;
  /** Applies the audit settings of a configuration. */
  useAudit(audit: FozConfig['audit']): void;
  close(): Promise<void>;
}

/**
 * The control plane, where one is required. `purpose`: the reason for the message (`to keep sources in`). Throws FozError `not-supported`.
 */
export function requirePlane(plane: ControlPlane | null, purpose = ''): ControlPlane {
  if (plane !== null) return plane;
  const store = purpose === '' ? 'no store' : `no store ${purpose}`;
  throw new FozError(
    'not-supported',
    `This Foz has ${store}: put an "auth" or a "store" part into its configuration.`,
  );
}

/** The audit log, where one is required. Throws FozError `not-supported`. */
export function requireAudit({ audit }: ControlPlane): AuditLog {
  if (audit !== null) return audit;
  throw new FozError('not-supported', 'There is no audit log: "audit" is false in the configuration.');
}

/** Whether the audit log is on; default: where there is `auth`, a store that was named, or a table whose reads are audited. */
export function hasAuditLog(
  { auth, audit, metadata }: Pick<FozConfig, 'auth' | 'audit' | 'metadata'>,
  url: string | undefined,
): boolean {
  const audited = metadata?.tables.some(({ audit_reads: reads }) => reads === true) ?? false;
  return (audit ?? (auth !== undefined || url !== undefined || audited)) !== false;
}

/**
 * Whether Foz has a store with this configuration: for `auth`, `store`, `audit`, audited reads workflows or event triggers, or where a command has created one. Before
 * its first start an embedded one has no folder yet.
 */
export function hasStore(config: FozConfig, environment: NodeJS.ProcessEnv): boolean {
  const { auth, store, state = '.foz', metadata } = config;
  const url = (store?.url ?? environment.FOZ_STORE_URL) || undefined;
  const hasTriggers = metadata?.tables.some(({ event_triggers: list = [] }) => list.length > 0) ?? false;
  const hasWork = namedLists.some((list) => (metadata?.[list]?.length ?? 0) > 0);
  return auth !== undefined || hasWork || hasTriggers || hasAuditLog(config, url) || storeExists(url, state);
}

/**
 * Opens the control plane of a configuration; `null`: it has no store (`hasStore`). Its packages are loaded only where it has one, and the
 * store opens in the background. Throws FozError for an invalid key or URL.
 */
export async function openControlPlane(
  config: FozConfig,
  environment: NodeJS.ProcessEnv,
  log: StoreLog,
): Promise<ControlPlane | null> {
  const { audit, store: where, state = '.foz', metadata } = config;
  const url = (where?.url ?? environment.FOZ_STORE_URL) || undefined;
  const audited = metadata?.tables.find(({ audit_reads: reads }) => reads === true);
  if (audited !== undefined && audit === false)
    throw new FozError(
      'validation-failed',
      `Reads of the table ${JSON.stringify(audited.table)} are to be written down (audit_reads), but "audit" is false.`,
    );
  const isAudited = hasAuditLog(config, url);
  if (!hasStore(config, environment)) return null;
  const ring = keyRing(state, environment, log);
  const store = openStore({ folder: state, log, ...(url === undefined ? {} : { url }) });
  const secrets = new Secrets(store, ring);
  void store
    .open()
    .then(() => secrets.checkKey())
    .catch((error: unknown) =>
      log.error(failureFields(error), 'the store does not open yet, and is tried again and again'),
    );
  const peppers = peppersOf(ring);
  const writes = isAudited ? new AuditLog({ store, secrets, folder: state, log }) : null;
  const useAudit =
    writes === null
      ? () => {}
      : auditBy(writes, (days) => startRetention({ store, audit: writes, days, log }));
  useAudit(audit);
  return {
    store,
    secrets,
    keys: new StoredKeys(store, () => addFormerPeppers(secrets, peppers)),
    peppers,
    sessions: new StoredSessions(store),
    sealer: new Sealer(derivedKeys(ring, 'sign-in')),
    audit: writes,
    useAudit,
    async close() {
      useAudit({});
      await writes?.close();
      await store.close();
    },
  };
}

/**
 * Applies the audit settings of a configuration to a log. `start` begins to remove records older than a number of days; it returns a
 * function that stops that.
 */
function auditBy(log: AuditLog, start: (days: number) => () => void): ControlPlane['useAudit'] {
  let current: number | null = null;
  let end = () => {};
  return (settings) => {
    const { when_down: whenDown = 'closed', retention_days: days = null } =
      typeof settings === 'object' ? settings : {};
    log.whenDown = whenDown;
    if (days === current) return;
    end();
    current = days;
    end = days === null ? () => {} : start(days);
  };
}
