import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

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

/**
 * Writes files of the state folder. It makes the folder once, if there is none when this is made. A folder that is removed later stays
 * removed: the next process would take such files for its own.
 */
export class StateFiles {
  readonly folder: string;
  #isMade: boolean;

  constructor(folder: string) {
    this.folder = folder;
    this.#isMade = existsSync(folder);
  }

  /** As `replaceFile`. `name`: a path within the folder, such as `catalog/shop.json`. */
  replace(name: string, content: string | Uint8Array, options: { readonly mode?: number } = {}): void {
    if (!this.#isMade) mkdirSync(this.folder, { recursive: true });
    this.#isMade = true;
    const file = join(this.folder, name);
    if (!existsSync(dirname(file))) mkdirSync(dirname(file));
    put(file, content, options);
  }
}
