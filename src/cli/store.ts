import { existsSync } from 'node:fs';
import {
  loadConfig,
  migrateStore,
  rotateStoreSecrets,
  type StoreDescription,
  type StorePlace,
  storeStatus,
} from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { StoreTaken } from '../store/index.ts';
import { type EndpointOptions, runningFoz } from './endpoint.ts';

const document = '{ storeStatus { kind place done pending unknown } }';

interface Options extends EndpointOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** `foz store status`: prints where the store is and which migrations are pending; exit code 1 when there are any. */
export async function showStore(options: Options): Promise<void> {
  const foz = runningFoz(options);
  const status =
    foz === null
      ? await storeStatus(configuredStore(options), process.env)
      : (await foz.query<{ storeStatus: StoreDescription }>(document)).storeStatus;
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

/** `foz store migrate`: runs pending migrations. A server has done so at its start, so there is no request for it. */
export async function migrate(options: Pick<Options, 'config'>): Promise<void> {
  const done = await alone(
    migrateStore(configuredStore(options), process.env),
    'A Foz that runs has brought its store up to date when it started: "foz store status --endpoint URL" shows its state.',
  );
  for (const name of done) console.log(`done  ${name}`);
  if (done.length === 0) console.log('The store is up to date.');
}

/** `foz secrets rotate`: encrypts all secrets with another master key. A server cannot: the new key must be in its environment first. */
export async function rotateSecrets(options: Pick<Options, 'config'>): Promise<void> {
  const { rotated, total, keyId } = await alone(
    rotateStoreSecrets(configuredStore(options), process.env),
    'A Foz that runs keeps the master key that it was started with, so it cannot be asked to take another one: stop it, rotate, and start it again with the new key.',
  );
  console.log(`${rotated} of ${total} secrets are written anew; all are under the master key ${keyId}.`);
  console.log('Processes that run with the key before have to be started again with this one.');
}

/** Runs an action that needs exclusive access to the store. `hint`: the way out where another process has it open. */
async function alone<T>(done: Promise<T>, hint: string): Promise<T> {
  try {
    return await done;
  } catch (error) {
    if (!(error instanceof StoreTaken)) throw error;
    throw new FozError(error.code, `${error.fact} ${hint}`);
  }
}

/** The configuration that locates the store. Without a file, the store of the environment or of this folder is used. */
export function configuredStore({ config }: Pick<Options, 'config'>): StorePlace {
  return config === 'foz.yaml' && !existsSync(config) ? {} : loadConfig(config);
}
