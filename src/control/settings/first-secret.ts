import type { Store } from '../../store/index.ts';
import { storedSettings } from '../../store/index.ts';
import type { StoredFirst, StoredSettings } from './settings.ts';
import { settingNames } from './stored.ts';

/** The name of the admin secret that is made at the first start. */
export const firstSecretName = 'first-start';

/** The first secret, as the store has it; `null`: there never was one. */
export function firstSecretIn({ adminSecrets }: StoredSettings): StoredFirst | null {
  return adminSecrets.find(({ name }) => name === firstSecretName) ?? null;
}

/** Puts the hash of a first secret into the store, unless it has one, or had. Rejects with FozError when the store does not answer. */
export async function claimFirst(store: Store, sha256: string): Promise<void> {
  const name = settingNames.adminSecret(firstSecretName);
  await store.write((db) => storedSettings.add(db, name, { sha256 }));
}
