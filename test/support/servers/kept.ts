import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { home } from './home.ts';
import { endProcess, isAlive, isOurs } from './process.ts';
import type { Server, ServerEngine, ServerRecord } from './server.ts';

function records(): ServerRecord[] {
  const folder = home('run');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const file = join(folder, name, 'server.json');
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as ServerRecord] : [];
  });
}

const runs = (record: ServerRecord) => isOurs(record.pid, record.folder);

async function end(record: ServerRecord): Promise<void> {
  if (runs(record)) await endProcess(record.pid, record.stopSignal);
  rmSync(record.folder, { recursive: true, force: true });
}

/** Keeps a server running after this process ends, so that later test runs find it. */
export function keep(server: Server): void {
  const file = join(server.folder, 'server.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as ServerRecord;
  writeFileSync(file, JSON.stringify({ ...record, owner: null } satisfies ServerRecord));
}

/** URLs of the kept servers that are running. */
export function keptServers(): Partial<Record<ServerEngine, string>> {
  const kept = records().filter((record) => record.owner === null && runs(record));
  return Object.fromEntries(kept.map((record) => [record.engine, record.url]));
}

/** Stops all kept servers, deletes their data and returns their engines. */
export async function stopKept(): Promise<ServerEngine[]> {
  const kept = records().filter((record) => record.owner === null);
  await Promise.all(kept.map(end));
  return kept.map((record) => record.engine);
}

/** Stops the servers of test runs that crashed, and deletes their data and copies of databases. */
export async function sweep(): Promise<void> {
  const copies = existsSync(home('copies')) ? readdirSync(home('copies')) : [];
  for (const name of copies.filter((name) => !isAlive(Number.parseInt(name, 10)))) {
    rmSync(home('copies', name), { recursive: true, force: true });
  }
  const orphans = records().filter((record) => record.owner !== null && !isAlive(record.owner));
  await Promise.all(orphans.map(end));
}
