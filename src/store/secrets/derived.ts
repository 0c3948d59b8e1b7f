import type { Knex } from 'knex';
import { FozError } from '../../core/index.ts';
import type { KeyRing } from './key-ring.ts';
import type { MasterKey } from './master-key.ts';
import { seal } from './seal.ts';
import type { SecretValue } from './secret-value.ts';

const purpose = 'api keys';
const prefix = 'system/pepper/';

/** What hashes of API keys are made with (the first) and may have been made with, from the keys that this process was given. */
export function peppersOf({ current, older }: KeyRing): Uint8Array[] {
  return [current, ...older].map((key) => key.derive(purpose));
}

/** Reads secrets of the store. */
interface SecretReader {
  list(): Promise<readonly string[]>;
  get(id: string): Promise<SecretValue | undefined>;
}

/**
 * Adds to `peppers` those of master keys that were in use before and are not given any more. One that cannot be decrypted is left out:
 * its keys do not let in. Rejects with FozError `unavailable` when the store is down.
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

/** When a master key goes, what was derived from it for hashes stays as a secret: hashes cannot be made anew. */
export async function keepPepper(db: Knex, former: MasterKey, current: MasterKey): Promise<void> {
  const id = prefix + former.id;
  const sealed = seal(former.derive(purpose).toString('base64'), id, current);
  await db('foz.secrets').insert({ id, key_id: current.id, sealed }).onConflict('id').merge();
}
