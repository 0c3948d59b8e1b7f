import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

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
  writeFileSync(`${file}.new`, content, options);
  renameSync(`${file}.new`, file);
}
