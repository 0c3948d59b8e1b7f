import { Sealer } from '../../auth/index.ts';
import {
  keyRing,
  openStore,
  Secrets,
  type Store,
  StoredKeys,
  StoredSessions,
  type StoreLog,
  storeExists,
} from '../../store/index.ts';
import type { FozConfig } from '../config/config.ts';
import type { ControlPlane } from '../plane.ts';

/** The store of a configuration, for commands; `null`: it has none, or none was created yet. Opens on first use. */
export async function existingStore(
  { store: where, state = '.foz' }: Pick<FozConfig, 'store' | 'state'>,
  environment: NodeJS.ProcessEnv,
  log?: StoreLog,
): Promise<Store | null> {
  const url = (where?.url ?? environment.FOZ_STORE_URL) || undefined;
  return storeExists(url, state)
    ? openStore({ url, folder: state, ...(log === undefined ? {} : { log }) })
    : null;
}

/**
 * A control plane over an open store, for commands: without audit records and background work. Closing it leaves the store open.
 */
export async function planeForCommands(
  store: Store,
  { state = '.foz' }: Pick<FozConfig, 'state'>,
  environment: NodeJS.ProcessEnv,
  log: StoreLog,
): Promise<ControlPlane> {
  return {
    store,
    secrets: new Secrets(store, () => keyRing(state, environment, log)),
    keys: new StoredKeys(store),
    peppers: [],
    sessions: new StoredSessions(store),
    sealer: new Sealer([]),
    audit: null,
    useAudit() {},
    close: async () => {},
  };
}
