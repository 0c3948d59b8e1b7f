import { linkSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { FozError } from '../../../core/index.ts';

const touchEveryMs = 5_000;
/** A lock of another machine that nobody has touched for so long belongs to a process that is gone. */
const staleAfterMs = 30_000;

interface Holder {
  readonly pid: number;
  readonly host: string;
}

/** Another process has an embedded store open. */
export class StoreTaken extends FozError {
  constructor(folder: string, file: string) {
    super(
      'unavailable',
      `The store in ${folder} is open in another process: stop that one, or share a PostgreSQL store by FOZ_STORE_URL. If there is none, delete ${file}.`,
    );
  }
}

const heldHere = new Set<string>();

/**
 * Takes the folder of an embedded store for this process: only one at a time may open it. Returns how to give it back. Throws StoreTaken
 * when another process has it, FozError `unavailable` when the folder cannot be written.
 */
export function lockFolder(folder: string): () => void {
  const file = `${folder}.lock`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    takeFile(file, folder);
  } catch (error) {
    if (error instanceof FozError) throw error;
    throw new FozError(
      'unavailable',
      `The store in ${folder} cannot be written: ${(error as Error).message}. Give this user the right to write there, or name another folder with "state".`,
      { cause: error },
    );
  }
  heldHere.add(file);
  const timer = setInterval(() => touch(file), touchEveryMs).unref();
  return () => {
    clearInterval(timer);
    if (heldHere.delete(file)) rmSync(file, { force: true });
  };
}

/** A link is made whole or not at all, so that nobody reads half a lock. */
function takeFile(file: string, folder: string): void {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder), {
    mode: 0o600,
  });
  try {
    for (let tries = 0; ; tries++) {
      try {
        linkSync(own, file);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = readHolder(file);
      if (holder === 'alive' || tries > 3) throw new StoreTaken(folder, file);
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}

function readHolder(file: string): 'alive' | 'gone' {
  try {
    const { pid, host } = JSON.parse(readFileSync(file, 'utf8')) as Holder;
    if (host !== hostname()) return Date.now() - statSync(file).mtimeMs > staleAfterMs ? 'gone' : 'alive';
    // The number of a process that was killed in a container is often that of its successor.
    if (pid === process.pid) return heldHere.has(file) ? 'alive' : 'gone';
    return isRunning(pid) ? 'alive' : 'gone';
  } catch {
    return 'gone';
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function touch(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // Somebody took the folder away; the database will say so.
  }
}
