/**
 * The template of an empty PGlite database, which the build packs. JavaScript, since the thread of the embedded store loads it as it is.
 * PGlite's own way to load a packed folder goes through the file system of its WebAssembly, and takes three times as long.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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

/** PostgreSQL's file that makes a folder a database. It is moved last, so a folder without it was never opened. */
const version = 'PG_VERSION';
/** Where the template is unpacked: within the folder, which may be on another file system than its parent. */
const asideName = 'foz.lock-unpacking';
/** A list of the names that are moved out of there. */
const movesName = 'foz.lock-moving';

/**
 * Opens the database in a folder by `open`, which is given the folder itself where that is a link: PGlite follows none. Where the folder has none yet, the template is unpacked first, which takes half a second where
 * making a database takes five. Without a template, or with one that does not open, `open` makes the database. Rejects with the error of the
 * file system where the folder cannot be written, else with that of `open`.
 * @template Database
 * @param {string} folder
 * @param {(folder: string) => Promise<Database>} open
 */
export async function openWithTemplate(folder, open) {
  const opened = () => open(existsSync(folder) ? realpathSync(folder) : folder);
  if (!isNew(folder)) {
    removeAside(folder);
    return opened();
  }
  empty(folder);
  const entries = readTemplate();
  if (entries === undefined) return opened();
  try {
    unpack(folder, entries);
  } catch (error) {
    empty(folder);
    throw error;
  }
  try {
    return await opened();
  } catch (error) {
    // A folder that was removed meanwhile stays removed.
    if (!existsSync(folder)) throw error;
    empty(folder);
    return opened();
  }
}

/**
 * Whether a folder has no database yet: nothing but files of Foz, and what an interrupted unpacking has moved into it. Any other file is
 * somebody's own.
 * @param {string} folder
 */
function isNew(folder) {
  if (!existsSync(folder)) return true;
  const names = readdirSync(folder);
  if (names.includes(version)) return false;
  const moved = movedNames(folder);
  return names.every((name) => stays(name) || moved.includes(name));
}

/**
 * Whether a name never belongs to the database: the lock of the folder, and the folder that a new disk has.
 * @param {string} name
 */
function stays(name) {
  return name.startsWith('foz.lock') || name === 'lost+found';
}

/**
 * The names that an interrupted unpacking has moved into the folder: those of its list that are no longer where they were unpacked.
 * @param {string} folder
 * @returns {readonly string[]}
 */
function movedNames(folder) {
  const isUnpacked = (/** @type {string} */ name) => existsSync(join(folder, asideName, name));
  // The version is moved last: where it is gone, the moves were not interrupted.
  if (!isUnpacked(version)) return [];
  try {
    const names = /** @type {string[]} */ (JSON.parse(readFileSync(join(folder, movesName), 'utf8')));
    return names.filter((name) => !isUnpacked(name));
  } catch {
    return [];
  }
}

/**
 * Removes the database from a folder that was new. The lock of the folder stays, since it is held. What cannot be removed is left: whatever
 * comes next reports that.
 * @param {string} folder
 */
function empty(folder) {
  if (!existsSync(folder)) return;
  try {
    for (const name of readdirSync(folder))
      if (!stays(name)) rmSync(join(folder, name), { recursive: true, force: true });
  } catch {
    return;
  }
  removeAside(folder);
}

/**
 * Removes what an unpacking leaves besides the database.
 * @param {string} folder
 */
function removeAside(folder) {
  try {
    for (const name of [movesName, asideName]) rmSync(join(folder, name), { recursive: true, force: true });
  } catch {
    // The folder is read-only. They are in nobody's way.
  }
}

/** The files of the template; `undefined`: none was built, or it is damaged. */
function readTemplate() {
  const file = templateFile();
  if (file === undefined) return undefined;
  try {
    const entries = parseTar(gunzipSync(readFileSync(file), { chunkSize: 2 ** 22 }));
    return entries.some(({ name }) => join('/', name) === join('/', version)) ? entries : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Unpacks the template. A process that is killed at any moment leaves a folder that is new for the next one.
 * @param {string} folder
 * @param {readonly import('nanotar').ParsedTarFileItem[]} entries
 */
function unpack(folder, entries) {
  const aside = join(folder, asideName);
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  for (const { name, type, data } of entries) {
    const path = join(aside, name);
    if (type === 'directory') mkdirSync(path, { recursive: true, mode: 0o700 });
    else writeFileSync(path, data ?? '', { mode: 0o600 });
  }
  const names = readdirSync(aside).filter((name) => name !== version);
  writeFileSync(join(folder, movesName), JSON.stringify(names), { mode: 0o600 });
  for (const name of [...names, version]) renameSync(join(aside, name), join(folder, name));
  removeAside(folder);
}
