import { randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { FozError } from '../../core/index.ts';
import type { StoreLog } from '../store.ts';
import { MasterKey, parseMasterKey } from './master-key.ts';

/** The key for new secrets, and the keys of existing ones. */
export interface KeyRing {
  readonly current: MasterKey;
  readonly older: readonly MasterKey[];
  /** The origin of the current key. */
  readonly origin: 'environment' | 'file' | 'generated';
}

/** The key file that Foz creates in its state folder. */
function fileIn(folder: string): string {
  return join(folder, 'master.key');
}

/**
 * The keys from the environment (FOZ_MASTER_KEY or FOZ_MASTER_KEY_FILE; FOZ_MASTER_KEY_OLD), else from the state
 * folder, where a key is generated at the first start. Throws FozError `validation-failed` for a wrong key and
 * `unavailable` for a file that cannot be read or written.
 */
export function keyRing(folder: string, environment: NodeJS.ProcessEnv, log?: StoreLog): KeyRing {
  const old = environment.FOZ_MASTER_KEY_OLD;
  const older = old === undefined || old === '' ? [] : [parseMasterKey(old, 'FOZ_MASTER_KEY_OLD')];
  const { FOZ_MASTER_KEY: text, FOZ_MASTER_KEY_FILE: file } = environment;
  if (text !== undefined && text !== '')
    return { current: parseMasterKey(text, 'FOZ_MASTER_KEY'), older, origin: 'environment' };
  if (file !== undefined && file !== '') return { current: readKey(file, log), older, origin: 'file' };
  const own = fileIn(folder);
  const made = !existsSync(own);
  if (made) writeNewKey(folder, own, log);
  const besides = ['.new', '.old'].map((end) => own + end).filter((path) => existsSync(path));
  return {
    current: readKey(own, log),
    older: [...older, ...besides.map((path) => readKey(path, log))],
    origin: 'generated',
  };
}

function readKey(file: string, log?: StoreLog): MasterKey {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
    const open = statSync(file).mode & 0o077;
    if (open !== 0 && process.platform !== 'win32')
      log?.warn({ file }, 'Others than its owner may read or write the master key: change its mode to 0600.');
  } catch (error) {
    throw new FozError(
      'unavailable',
      `The master key in ${file} cannot be read: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
  return parseMasterKey(text, file);
}

/** Of several processes that start at once, one writes the key and all use it. */
function writeNewKey(folder: string, file: string, log?: StoreLog): void {
  const own = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(own, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    linkSync(own, file);
    log?.warn(
      { file },
      'A master key for the secrets of the store was made. Keep a copy of it elsewhere: without it they are lost. Set FOZ_MASTER_KEY to have it in your own hands.',
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new FozError(
        'unavailable',
        `No master key can be made in ${file}: ${(error as Error).message}.`,
        {
          cause: error,
        },
      );
  } finally {
    if (existsSync(own)) rmSync(own);
  }
}

/**
 * Writes a new key beside the one in the state folder. `keep` makes it the current one, once all secrets are
 * encrypted with it. The key of an interrupted rotation is used again, since secrets may be encrypted with it.
 * Throws as `keyRing`.
 */
export function prepareNewKey(folder: string): { readonly key: MasterKey; readonly activate: () => void } {
  const file = fileIn(folder);
  if (!existsSync(`${file}.new`))
    writeFileSync(`${file}.new`, `${new MasterKey(randomBytes(32)).encode()}\n`, { mode: 0o600 });
  return {
    key: readKey(`${file}.new`),
    activate: () => {
      renameSync(file, `${file}.old`);
      renameSync(`${file}.new`, file);
    },
  };
}
