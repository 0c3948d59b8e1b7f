import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const isProgram = (path: string) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Full paths of a program: first in the folders of PATH, then where distributions install servers. */
export function programs(name: string, extra: readonly string[] = []): string[] {
  const path = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const usual = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec', '/usr/local/bin', '/opt/homebrew/bin'];
  const folders = [...new Set([...path, ...extra, ...usual])];
  return folders.map((folder) => join(folder, name)).filter(isProgram);
}

/** Folders below `parent` whose names are numbers, highest first, each with `below` appended. */
export function numberedFolders(parent: string, below: string): string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => /^\d+(\.\d+)*$/.test(name))
    .sort((a, b) => Number(b) - Number(a))
    .map((name) => join(parent, name, below));
}

/** Runs `work` on the first call; later calls get the same result. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= work();
    return answer;
  };
}
