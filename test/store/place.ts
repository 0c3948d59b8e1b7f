import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { StoreOptions } from '../../src/store/store.ts';
import { serverUrl } from '../support/engines.ts';

/** An empty location for a store. */
export interface StorePlace extends Pick<StoreOptions, 'url' | 'folder'> {
  drop(): Promise<void>;
}

/** Creates a state folder, for `postgres` with a database. */
export async function storePlace(kind: 'pglite' | 'postgres'): Promise<StorePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'foz-store-'));
  const away = () => rmSync(folder, { recursive: true, force: true });
  if (kind === 'pglite') return { folder, drop: async () => away() };
  const name = `store_${randomBytes(6).toString('hex')}`;
  const url = new URL(serverUrl('postgres'));
  await onServer(url.href, `create database ${name}`);
  const own = new URL(`/${name}`, url);
  own.username = url.username;
  own.password = url.password;
  const drop = async () => {
    await onServer(url.href, `drop database if exists ${name} with (force)`);
    away();
  };
  return { url: own.href, folder, drop };
}

/** Runs a script directly on the database. */
export async function onServer(url: string, script: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(script)).rows;
  } finally {
    await client.end();
  }
}

/** Resolves once `holds` does; rejects after `ms`. Returns the milliseconds it took. */
export async function until(holds: () => boolean | Promise<boolean>, ms = 60_000): Promise<number> {
  const start = performance.now();
  while (!(await holds())) {
    if (performance.now() - start > ms) throw new Error(`It did not happen within ${ms} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - start;
}
