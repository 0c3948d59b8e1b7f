import {
  keyRing,
  openStore,
  Secrets,
  type Store,
  StoredKeys,
  type StoreLog,
  storeExists,
} from '../../store/index.ts';
import type { FozConfig } from '../config/config.ts';
import type { ControlPlane } from '../plane.ts';

/** The store of a configuration, for commands that look into it; `null`: it has none, or one that was never made. Opens when it is used. */
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

/** A control plane over a store that is open, for commands: nothing is written down, nothing goes on in the background. Closing it leaves the store. */
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
    audit: null,
    useAudit() {},
    close: async () => {},
  };
}
