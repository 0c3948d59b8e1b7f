/**
 * The store's embedded PostgreSQL on a thread of its own: opening it takes about a second of computing, and writes wait for the disk.
 * It answers one message after the other.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/** @typedef {{ readonly id: number, readonly text: string | null, readonly values: unknown[] }} Call `text: null` closes the database. */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
/** Big numbers come as text, as from a PostgreSQL server. */
const parsers = { 20: (/** @type {string} */ text) => text };

/** The packed folder of an empty database that the build makes, seen from the built file and from the source. */
const templates = ['../../../pglite-empty.tar.gz', '../../../dist/pglite-empty.tar.gz'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/**
 * PGlite writes zeros into all shared buffers when it starts. Its default of 128 MB costs a third of the start and stays in memory; the
 * store has a few MB.
 */
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'];

/** The module that the starting thread compiled. */
const compiled = workerData.compiled === undefined ? {} : { pgliteWasmModule: workerData.compiled };

const opening = open({ dataDir: workerData.folder, parsers, startParams, ...compiled });
opening.then(
  () => port.postMessage({ id: 0 }),
  (error) => port.postMessage({ id: 0, error: fieldsOf(error) }),
);

port.on('message', async (/** @type {Call} */ { id, text, values }) => {
  try {
    const database = await opening;
    if (text === null) {
      await database.close();
      port.postMessage({ id });
      port.close();
      return;
    }
    const answer =
      values.length === 0 ? (await database.exec(text)).at(-1) : await database.query(text, values);
    port.postMessage({ id, rows: answer?.rows ?? [], affected: answer?.affectedRows ?? 0 });
  } catch (error) {
    port.postMessage({ id, error: fieldsOf(error) });
  }
});

/**
 * A new database is unpacked from the template, which takes about a second where making one takes five.
 * @param {import('@electric-sql/pglite').PGliteOptions & { readonly dataDir: string }} options
 */
async function open(options) {
  const folder = options.dataDir;
  const isNew = !existsSync(folder) || readdirSync(folder).every((name) => name.startsWith('foz.lock'));
  const template = isNew ? templates.find((file) => existsSync(file)) : undefined;
  if (template === undefined) return PGlite.create(options);
  try {
    const loadDataDir = new Blob([readFileSync(template)], { type: 'application/x-gzip' });
    return await PGlite.create({ ...options, loadDataDir });
  } catch {
    rmSync(folder, { recursive: true, force: true });
    return PGlite.create(options);
  }
}

/**
 * An error that is copied to another thread would lose its fields.
 * @param {unknown} error
 */
function fieldsOf(error) {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, detail, constraint, table, severity } = /** @type {Record<string, unknown>} */ (
    /** @type {unknown} */ (error)
  );
  return { message: error.message, code, detail, constraint, table, severity };
}
