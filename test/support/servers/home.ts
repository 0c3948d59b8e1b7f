import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * The folder of packages, data templates, running servers and their list: `FOZ_TEST_HOME` (default: a folder of this user below the
 * temporary one).
 */
export function home(...parts: string[]): string {
  const root = process.env.FOZ_TEST_HOME ?? join(tmpdir(), `foz-test-servers-${userInfo().username}`);
  if (!existsSync(root)) {
    mkdirSync(root, { recursive: true });
    chmodSync(root, 0o755);
  }
  return join(root, ...parts);
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

let account: Account | null | undefined;

/**
 * The account that runs the servers: `nobody` if this process is root (PostgreSQL and MySQL refuse root), else `null`: the user of
 * this process.
 */
export function serverAccount(): Account | null {
  if (account === undefined) {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
    account = process.getuid?.() === 0 ? { uid: id('-u'), gid: id('-g') } : null;
  }
  return account;
}

/** Creates a folder that only the servers' account may access. */
export function ownedFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o700);
  const owner = serverAccount();
  if (owner) chownSync(path, owner.uid, owner.gid);
  return path;
}

/**
 * Creates a folder once and keeps it: `make` fills a new folder beside it, which is renamed to `path` when complete. If several
 * processes call this at the same time, the first to finish wins.
 */
export async function madeOnce(path: string, make: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) return path;
  mkdirSync(join(path, '..'), { recursive: true });
  const unfinished = mkdtempSync(`${path}-unfinished-`);
  chmodSync(unfinished, 0o755);
  try {
    await make(unfinished);
    if (!existsSync(path)) renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return path;
}

/** Copies a data folder with owners and permissions, sharing blocks if the file system supports it. */
export function copyFolder(from: string, to: string): void {
  if (process.platform === 'linux') execFileSync('cp', ['-a', '--reflink=auto', from, to]);
  else cpSync(from, to, { recursive: true, preserveTimestamps: true });
}

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
