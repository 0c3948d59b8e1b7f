import type { Store } from '../../store/index.ts';
import { storedSettings } from '../../store/index.ts';
import type { StoredFirstSecret, StoredSettings } from './settings.ts';
import { settingNames } from './stored.ts';

/** The name of the admin secret of the first start. */
export const firstSecretName = 'first-start';

/** The first secret in the store; `null`: there never was one. */
export function firstSecretIn({ adminSecrets }: StoredSettings): StoredFirstSecret | null {
  return adminSecrets.find(({ name }) => name === firstSecretName) ?? null;
}

/** Stores the hash of a first secret, unless the store has or had one. Rejects with FozError when the store does not answer. */
export async function claimFirst(store: Store, sha256: string): Promise<void> {
  const name = settingNames.adminSecret(firstSecretName);
  await store.write((db) => storedSettings.add(db, name, { sha256 }));
}
