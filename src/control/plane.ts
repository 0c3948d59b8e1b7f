import type { KeyRepository } from '../auth/index.ts';
import { FozError } from '../core/index.ts';
import {
  AuditLog,
  addFormerPeppers,
  keyRing,
  openStore,
  peppersOf,
  Secrets,
  type Store,
  StoredKeys,
  type StoreLog,
  startRetention,
  storeExists,
} from '../store/index.ts';
import type { FozConfig } from './config/config.ts';

/** Foz's own store and what stands on it, while the server runs. */
export interface ControlPlane {
  readonly store: Store;
  /** What stands in the store encrypted. */
  readonly secrets: Secrets;
  /** The API keys of the store. */
  readonly keys: KeyRepository;
  /** What hashes of those keys are made with. */
  readonly peppers: readonly Uint8Array[];
  /** `null`: the configuration wants none. */
  readonly audit: AuditLog | null;
  /** Takes over what a configuration says of the audit log. */
  useAudit(audit: FozConfig['audit']): void;
  close(): Promise<void>;
}

/** The control plane that must be there. `purpose`: what it is needed for (`to keep sources in`). Throws FozError `not-supported`. */
export function requirePlane(plane: ControlPlane | null, purpose = ''): ControlPlane {
  if (plane !== null) return plane;
  const store = purpose === '' ? 'no store' : `no store ${purpose}`;
  throw new FozError(
    'not-supported',
    `This Foz has ${store}: put an "auth" or a "store" part into its configuration.`,
  );
}

/** The audit log that must be there. Throws FozError `not-supported`. */
export function requireAudit({ audit }: ControlPlane): AuditLog {
  if (audit !== null) return audit;
  throw new FozError('not-supported', 'There is no audit log: "audit" is false in the configuration.');
}

/** Whether account is kept: unless told, wherever there is `auth`, a store that was named, or a table whose reads are audited. */
export function keepsAccount(
  { auth, audit, metadata }: Pick<FozConfig, 'auth' | 'audit' | 'metadata'>,
  url: string | undefined,
): boolean {
  const audited = metadata?.tables.some(({ audit_reads: reads }) => reads === true) ?? false;
  return (audit ?? (auth !== undefined || url !== undefined || audited)) !== false;
}

/**
 * The control plane of a configuration; `null` where nothing needs one: it has neither `auth` nor `store` nor `audit` nor reads that are
 * audited, and no command has made a store. Its packages are loaded only then, and the store opens by itself, so that nobody waits for it. Throws FozError for a key or a URL that is none.
 */
export async function openControlPlane(
  config: FozConfig,
  environment: NodeJS.ProcessEnv,
  log: StoreLog,
): Promise<ControlPlane | null> {
  const { auth, audit, store: where, state = '.foz', metadata } = config;
  const url = (where?.url ?? environment.FOZ_STORE_URL) || undefined;
  const audited = metadata?.tables.find(({ audit_reads: reads }) => reads === true);
  if (audited !== undefined && audit === false)
    throw new FozError(
      'validation-failed',
      `Reads of the table ${JSON.stringify(audited.table)} are to be written down (audit_reads), but "audit" is false.`,
    );
  const keeps = keepsAccount(config, url);
  if (auth === undefined && !keeps && !storeExists(url, state)) return null;
  const ring = keyRing(state, environment, log);
  const store = openStore({ folder: state, log, ...(url === undefined ? {} : { url }) });
  const secrets = new Secrets(store, ring);
  void store
    .open()
    .then(() => secrets.checkKey())
    .catch((error: unknown) => log.error({ err: error }, 'the store does not open yet'));
  const peppers = peppersOf(ring);
  const writes = keeps ? new AuditLog({ store, secrets, folder: state, log }) : null;
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
    audit: writes,
    useAudit,
    async close() {
      useAudit({});
      await writes?.close();
      await store.close();
    },
  };
}

/** Takes over what a configuration says of a log. `start` begins to remove records older than so many days; it gives a function that ends it. */
function auditBy(log: AuditLog, start: (days: number) => () => void): ControlPlane['useAudit'] {
  let kept: number | null = null;
  let end = () => {};
  return (settings) => {
    const { when_down: whenDown = 'closed', retention_days: days = null } =
      typeof settings === 'object' ? settings : {};
    log.whenDown = whenDown;
    if (days === kept) return;
    end();
    kept = days;
    end = days === null ? () => {} : start(days);
  };
}
