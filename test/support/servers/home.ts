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

/** Where packages, data templates, running servers and their list are kept: `FOZ_TEST_HOME`, else a folder of this user below the temporary one. */
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

/** Who runs the servers: `nobody` where this process is root (PostgreSQL and MySQL refuse root), else `null`: the user of this process. */
export function serverAccount(): Account | null {
  if (account === undefined) {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
    account = process.getuid?.() === 0 ? { uid: id('-u'), gid: id('-g') } : null;
  }
  return account;
}

/** Makes a folder that the servers' account owns and nobody else reads. */
export function ownedFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o700);
  const owner = serverAccount();
  if (owner) chownSync(path, owner.uid, owner.gid);
  return path;
}

/**
 * A folder that is made once and then kept: `make` fills a new folder beside it, which becomes `path` only when whole.
 * Several processes may ask at the same time; the first one that is done wins.
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

/** Copies a data folder with its owners and rights, sharing blocks where the file system can. */
export function copyFolder(from: string, to: string): void {
  if (process.platform === 'linux') execFileSync('cp', ['-a', '--reflink=auto', from, to]);
  else cpSync(from, to, { recursive: true, preserveTimestamps: true });
}

/** A port on the loopback interface that nobody listened on a moment ago. */
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
