/**
 * The store's embedded PostgreSQL on a thread of its own: opening it takes about a second of computing, and writes wait for the disk.
 * It answers one message after the other.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { openWithTemplate } from './template.js';

/** @typedef {{ readonly id: number, readonly text: string | null, readonly values: unknown[] }} Call `text: null` closes the database. */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
/** Big numbers come as text, as from a PostgreSQL server. */
const parsers = { 20: (/** @type {string} */ text) => text };

/**
 * PGlite writes zeros into all shared buffers when it starts. Its default of 128 MB costs a third of the start and stays in memory; the
 * store has a few MB.
 */
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'];

/** The module that the starting thread compiled. */
const compiled = workerData.compiled === undefined ? {} : { pgliteWasmModule: workerData.compiled };

const opening = openWithTemplate(workerData.folder, (dataDir) =>
  PGlite.create({ dataDir, parsers, startParams, ...compiled }),
);
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
