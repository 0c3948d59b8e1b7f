import type { Knex } from 'knex';
import { FozError } from '../../core/index.ts';
import type { KeyRing } from './key-ring.ts';
import type { MasterKey } from './master-key.ts';
import { seal } from './seal.ts';
import type { SecretValue } from './secret-value.ts';

const purpose = 'api keys';
const prefix = 'system/pepper/';

/** The peppers for hashes of API keys, from the keys of this process. The first one is for new hashes. */
export function peppersOf({ current, older }: KeyRing): Uint8Array[] {
  return [current, ...older].map((key) => key.derive(purpose));
}

/** Keys of 32 bytes for one purpose: that of the current master key, then those of older ones. */
export function derivedKeys({ current, older }: KeyRing, purpose: string): Uint8Array[] {
  return [current, ...older].map((key) => key.derive(purpose));
}

/** Reads secrets of the store. */
interface SecretReader {
  list(): Promise<readonly string[]>;
  get(id: string): Promise<SecretValue | undefined>;
}

/**
 * Adds the peppers of former master keys to `peppers`. One that cannot be decrypted is left out, so that its API
 * keys are refused. Rejects with FozError `unavailable` when the store is down.
 */
export async function addFormerPeppers(secrets: SecretReader, peppers: Uint8Array[]): Promise<void> {
  for (const id of await secrets.list()) {
    if (!id.startsWith(prefix)) continue;
    const value = await secrets.get(id).catch((error: unknown) => {
      if (error instanceof FozError && error.code !== 'unavailable') return undefined;
      throw error;
    });
    if (value === undefined) continue;
    const pepper = Buffer.from(value.reveal(), 'base64');
    if (!peppers.some((known) => pepper.equals(known))) peppers.push(pepper);
  }
}

/** Keeps the pepper of a former master key as a secret, since hashes cannot be computed again without the API keys. */
export async function keepPepper(db: Knex, former: MasterKey, current: MasterKey): Promise<void> {
  const id = prefix + former.id;
  const sealed = seal(former.derive(purpose).toString('base64'), id, current);
  await db('foz.secrets').insert({ id, key_id: current.id, sealed }).onConflict('id').merge();
}
