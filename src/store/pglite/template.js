/**
 * The template of an empty PGlite database, which the build packs. JavaScript, since the thread of the embedded store loads it as it is.
 * PGlite's own way to load a packed folder goes through the file system of its WebAssembly, and takes three times as long.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parseTar } from 'nanotar';

/** Its location, seen from the built file and from the source. */
const places = ['../../../pglite-empty.tar.gz', '../../../dist/pglite-empty.tar.gz'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** The file of the template; `undefined`: none was built. */
export function templateFile() {
  return places.find((file) => existsSync(file));
}

/**
 * Whether a folder has no database yet.
 * @param {string} folder
 */
function isNew(folder) {
  return !existsSync(folder) || readdirSync(folder).every((name) => name.startsWith('foz.lock'));
}

/**
 * Unpacks the template into a folder that has no database yet, which takes half a second where making a database takes five. Returns whether
 * it did.
 * @param {string} folder
 */
export function unpackTemplate(folder) {
  const file = isNew(folder) ? templateFile() : undefined;
  if (file === undefined) return false;
  // A process that is killed in between must not leave half of a database in the folder.
  const aside = `${folder}.unpacking`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  for (const { name, type, data } of parseTar(gunzipSync(readFileSync(file), { chunkSize: 2 ** 22 }))) {
    const path = join(aside, name);
    if (type === 'directory') mkdirSync(path, { recursive: true });
    else writeFileSync(path, data ?? '');
  }
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(aside)) renameSync(join(aside, name), join(folder, name));
  rmSync(aside, { recursive: true });
  return true;
}
