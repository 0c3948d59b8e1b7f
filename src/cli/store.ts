import { existsSync } from 'node:fs';
import {
  loadConfig,
  migrateStore,
  rotateStoreSecrets,
  type StorePlace,
  storeStatus,
} from '../control/index.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

/** `foz store status`: which store it is and whether its structure is up to date; code 1 when it is not. */
export async function showStore(options: Options): Promise<void> {
  const status = await storeStatus(placeOf(options), process.env);
  const { kind, place, done, pending, unknown } = status;
  if (options.json === true) console.log(JSON.stringify(status, null, 2));
  else {
    console.log(`${kind === 'pglite' ? 'Embedded store' : 'PostgreSQL store'} ${place}`);
    for (const name of done) console.log(`  ${unknown.includes(name) ? 'of a newer Foz' : 'done'}  ${name}`);
    for (const name of pending) console.log(`  pending  ${name}`);
    if (pending.length > 0) console.log('Bring it up to date with "foz store migrate", or start the server.');
  }
  if (pending.length > 0 || unknown.length > 0) process.exitCode = 1;
}

/** `foz store migrate`: brings the store up to date. */
export async function migrate(options: Options): Promise<void> {
  const done = await migrateStore(placeOf(options), process.env);
  for (const name of done) console.log(`done  ${name}`);
  if (done.length === 0) console.log('The store is up to date.');
}

/** `foz secrets rotate`: brings all secrets under another master key. */
export async function rotateSecrets(options: Options): Promise<void> {
  const { rotated, total, keyId } = await rotateStoreSecrets(placeOf(options), process.env);
  console.log(`${rotated} of ${total} secrets are written anew; all are under the master key ${keyId}.`);
  console.log('Processes that run with the key before have to be started again with this one.');
}

/** Without a file that was asked for, the store of the environment or of this folder. */
export function placeOf({ config }: Pick<Options, 'config'>): StorePlace {
  return config === 'foz.yaml' && !existsSync(config) ? {} : loadConfig(config);
}
