import { pipeline } from 'node:stream/promises';
import {
  type AuditFilter,
  AuditLog,
  type AuditReport,
  auditKeyId,
  checkpointFile,
  exportAudit,
  keyRing,
  type MigrationStatus,
  openStore,
  prepareNewKey,
  type Rotation,
  removeOldRecords,
  rotateSecrets,
  Secrets,
  type Store,
  verifyAudit,
} from '../../store/index.ts';
import type { FozConfig } from '../config/config.ts';
import { daysAgo, type PrunedAudit } from './prune-audit.ts';

/** The parts of a configuration that locate the store. */
export type StorePlace = Pick<FozConfig, 'state' | 'store'>;

/** A store, with its applied and pending migrations. */
export type StoreDescription = MigrationStatus & Pick<Store, 'kind' | 'place'>;

const log = {
  warn: (fields: object, message: string) => console.error(message, fields),
  error: (fields: object, message: string) => console.error(message, fields),
};

/** The location of the store and its migrations; changes nothing. Rejects with FozError. */
export function storeStatus(place: StorePlace, environment: NodeJS.ProcessEnv): Promise<StoreDescription> {
  return withStore(place, environment, describeStore);
}

/** The same as `storeStatus`, for an open store. */
export async function describeStore(store: Store): Promise<StoreDescription> {
  const { kind, place } = store;
  return { kind, place, ...(await store.status()) };
}

/** Runs pending migrations and returns their names. Rejects with FozError. */
export function migrateStore(place: StorePlace, environment: NodeJS.ProcessEnv): Promise<readonly string[]> {
  return withStore(place, environment, (store) => store.open());
}

/**
 * Verifies the whole audit log and returns its problems. `checkpoint`: a file to compare with; default: that of the state folder.
 */
export function verifyStoredAudit(
  place: StorePlace,
  environment: NodeJS.ProcessEnv,
  checkpoint?: string,
): Promise<AuditReport> {
  return withStore(place, environment, async (store, folder) => {
    const secrets = await openSecrets(store, folder, environment);
    // Without the key no signature can be verified, so all of them count as wrong.
    const key = Buffer.from((await secrets.get(auditKeyId))?.reveal() ?? '', 'base64');
    return verifyAudit({ store, key, checkpointFile: checkpoint ?? checkpointFile(folder) });
  });
}

/** Writes the audit log as JSON Lines, oldest first; resolves when all records are written. Rejects with FozError. */
export function exportStoredAudit(
  place: StorePlace,
  environment: NodeJS.ProcessEnv,
  filter: AuditFilter,
  out: NodeJS.WritableStream,
): Promise<void> {
  return withStore(place, environment, async (store) => {
    await pipeline(exportAudit(store, filter), out, { end: false });
  });
}

/** Removes audit records older than a number of days; the rest can still be verified. Rejects with FozError. */
export function pruneStoredAudit(
  place: StorePlace,
  environment: NodeJS.ProcessEnv,
  days: number,
): Promise<PrunedAudit> {
  const before = daysAgo(days);
  return withStore(place, environment, async (store, folder) => {
    await store.open();
    const secrets = await openSecrets(store, folder, environment);
    const audit = new AuditLog({ store, secrets, folder, log });
    try {
      const actor = { kind: 'command', id: null, role: null } as const;
      return { ...(await removeOldRecords(store, audit, before.getTime(), actor)), before };
    } finally {
      await audit.close();
    }
  });
}

/**
 * Encrypts all secrets with the key of the environment (FOZ_MASTER_KEY, the former one in FOZ_MASTER_KEY_OLD). Where the key is in the
 * state folder, a new one is generated and replaces it. All or none. Rejects with FozError.
 */
export function rotateStoreSecrets(place: StorePlace, environment: NodeJS.ProcessEnv): Promise<Rotation> {
  return withStore(place, environment, async (store, folder) => {
    await store.open();
    const ring = keyRing(folder, environment, log);
    if (ring.origin !== 'generated') return rotateSecrets(store, ring);
    const { key, activate: keep } = prepareNewKey(folder);
    const done = await rotateSecrets(store, { ...ring, current: key, older: [ring.current, ...ring.older] });
    keep();
    return done;
  });
}

/** The secrets of a store. Rejects with FozError when the available key does not decrypt them. */
async function openSecrets(store: Store, folder: string, environment: NodeJS.ProcessEnv): Promise<Secrets> {
  const secrets = new Secrets(store, () => keyRing(folder, environment, log));
  await secrets.checkKey();
  return secrets;
}

async function withStore<T>(
  { state = '.foz', store: where }: StorePlace,
  environment: NodeJS.ProcessEnv,
  body: (store: Store, folder: string) => Promise<T>,
): Promise<T> {
  const store = openStore({ url: (where?.url ?? environment.FOZ_STORE_URL) || undefined, folder: state });
  try {
    return await body(store, state);
  } finally {
    await store.close();
  }
}
