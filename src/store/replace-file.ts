import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Writes a file under another name and then renames it, so that no process reads half of it and a crash leaves the old one. Creates its
 * folder. Throws errors of the file system.
 */
export function replaceFile(
  file: string,
  content: string | Uint8Array,
  options: { readonly mode?: number } = {},
): void {
  mkdirSync(dirname(file), { recursive: true });
  put(file, content, options);
}

function put(file: string, content: string | Uint8Array, options: { readonly mode?: number }): void {
  writeFileSync(`${file}.new`, content, options);
  renameSync(`${file}.new`, file);
}

/** State folders that this process has seen or made. */
const known = new Set<string>();

/**
 * Writes files of the state folder. The folder is made once in this process, if there is none when this is made. A folder that is removed
 * later stays removed: the next process would take such files for its own.
 */
export class StateFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
    if (existsSync(this.folder)) known.add(this.folder);
    else known.delete(this.folder);
  }

  /**
   * As `replaceFile`. `name`: a path within the folder, such as `catalog/shop.json`. Throws the error ENOENT for a folder that was removed.
   */
  replace(name: string, content: string | Uint8Array, options: { readonly mode?: number } = {}): void {
    if (!known.has(this.folder)) mkdirSync(this.folder, { recursive: true });
    known.add(this.folder);
    const within = dirname(name);
    if (within !== '.' && !existsSync(join(this.folder, within))) mkdirSync(join(this.folder, within));
    put(join(this.folder, name), content, options);
  }
}
