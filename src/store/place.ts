import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FozError } from '../core/index.ts';

/** The folder of the embedded store within the state folder. */
export function embeddedFolder(folder: string): string {
  return join(folder, 'store');
}

/** Whether a store exists: a configured database, or the folder of an embedded one. */
export function storeExists(url: string | undefined, folder: string): boolean {
  return url !== undefined || existsSync(embeddedFolder(folder));
}

/** Throws FozError `validation-failed` for a text that is not the URL of a PostgreSQL database. */
export function checkUrl(url: string): void {
  if (/^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url)) return;
  throw new FozError(
    'validation-failed',
    'FOZ_STORE_URL (or "store.url") must be the URL of a PostgreSQL database, as postgres://user:password@host:5432/foz.',
  );
}

/** Identifies the store in messages, without user and password. */
export function storePlaceOf(url: string | undefined, folder: string): string {
  if (url === undefined) return `in ${embeddedFolder(folder)}`;
  if (!URL.canParse(url)) return 'of FOZ_STORE_URL';
  const { host, pathname } = new URL(url);
  return `at ${host}${pathname}`;
}
