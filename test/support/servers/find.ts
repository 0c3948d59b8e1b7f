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

/** Full paths of a program in the folders of PATH and where distributions keep servers, in this order. */
export function programs(name: string, extra: readonly string[] = []): string[] {
  const path = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const usual = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec', '/usr/local/bin', '/opt/homebrew/bin'];
  const folders = [...new Set([...path, ...extra, ...usual])];
  return folders.map((folder) => join(folder, name)).filter(isProgram);
}

/** Folders below `parent` whose names are numbers, the greatest first, each with `below` added. */
export function numberedFolders(parent: string, below: string): string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => /^\d+(\.\d+)*$/.test(name))
    .sort((a, b) => Number(b) - Number(a))
    .map((name) => join(parent, name, below));
}

/** Does the work at the first call and hands the same answer to all later ones. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= work();
    return answer;
  };
}
