import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FozError } from '../core/index.ts';

/** Where the embedded store stands in the state folder. */
export function embeddedFolder(folder: string): string {
  return join(folder, 'store');
}

/** Whether there is a store: a database that was named, or an embedded one that was made. */
export function isMade(url: string | undefined, folder: string): boolean {
  return url !== undefined || existsSync(embeddedFolder(folder));
}

/** Throws FozError `validation-failed` for what is no URL of a PostgreSQL database. */
export function checkUrl(url: string): void {
  if (/^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url)) return;
  throw new FozError(
    'validation-failed',
    'FOZ_STORE_URL (or "store.url") must be the URL of a PostgreSQL database, as postgres://user:password@host:5432/foz.',
  );
}

/** Which store is meant, for messages: never with user or password. */
export function placeOf(url: string | undefined, folder: string): string {
  if (url === undefined) return `in ${embeddedFolder(folder)}`;
  if (!URL.canParse(url)) return 'of FOZ_STORE_URL';
  const { host, pathname } = new URL(url);
  return `at ${host}${pathname}`;
}
