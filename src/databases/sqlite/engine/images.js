/**
 * Images of changed rows in tables in memory, attached as `foz_images`. A table is kept for the next images while its declaration is
 * the same, so that statements over it stay compiled.
 */
import { unpackValue } from './frames.js';

/** @typedef {import('@photostructure/sqlite').DatabaseSyncInstance} Database */
/**
 * The name of the table, its CREATE TABLE statement, the columns that have values, and the rows with values as `packValue` makes them: only
 * floating point numbers are plain numbers.
 * @typedef {{ name: string, create: string, columns: string[], rows: unknown[][] }} PackedImages
 */

/** @param {string} name */
const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

/**
 * Stores the images under the rowids from 1 on, with their storage classes.
 * @param {Database} database
 * @param {PackedImages} images
 */
export function storeImages(database, { name, create, columns, rows }) {
  writing(database, () => {
    declare(database, name, create);
    const into = `insert into foz_images.${quoted(name)}`;
    const list = columns.map(quoted).join(', ');
    /** @type {Map<string, import('@photostructure/sqlite').StatementSyncInstance>} */
    const inserts = new Map();
    for (const row of rows) {
      const cells = row.map(cellOf).join(', ');
      let insert = inserts.get(cells);
      if (insert === undefined) {
        const text = cells === '' ? `${into} default values` : `${into} (${list}) values (${cells})`;
        insert = database.prepare(text);
        inserts.set(cells, insert);
      }
      insert.run(...row.map(boundOf));
    }
  });
}

/**
 * Deletes the images of the last statement. Fails silently where there are none.
 * @param {Database} database
 * @param {PackedImages} images
 */
export function clearImages(database, { name }) {
  try {
    writing(database, () => database.exec(`delete from foz_images.${quoted(name)}`));
  } catch {
    // The table could not be declared, which was reported.
  }
}

/**
 * The SQL for a value. The package binds whole floating point numbers as integers, and ends a text at a NUL.
 * @param {unknown} value
 */
function cellOf(value) {
  if (isCast(value)) return 'cast(? as real)';
  return hasNul(value) ? `json_extract(?, '$')` : '?';
}

/** @param {unknown} value */
function boundOf(value) {
  if (isCast(value)) return String(value);
  return hasNul(value) ? JSON.stringify(value) : unpackValue(value);
}

/**
 * Whether the package would bind a floating point number as another value: a whole one as an integer, one next to 0 as 0.
 * @param {unknown} value
 */
function isCast(value) {
  return typeof value === 'number' && (Number.isInteger(value) || Math.abs(value) < 1e-15);
}

/** @param {unknown} value */
function hasNul(value) {
  return typeof value === 'string' && value.includes('\0');
}

/**
 * @param {Database} database
 * @param {string} name
 * @param {string} create
 */
function declare(database, name, create) {
  const attached = rowsOf(database, `select 1 from pragma_database_list where name = 'foz_images'`);
  if (attached.length === 0) database.exec(`attach 'file:foz_images?mode=memory' as foz_images`);
  const found = rowsOf(database, 'select sql from foz_images.sqlite_schema where name = ?', name)[0]?.[0];
  if (found === create) return;
  if (found !== undefined) database.exec(`drop table foz_images.${quoted(name)}`);
  database.exec(create.replace(/^CREATE TABLE /, 'CREATE TABLE foz_images.'));
}

/**
 * @param {Database} database
 * @param {string} text
 * @param {...string} values
 */
function rowsOf(database, text, ...values) {
  return /** @type {unknown[][]} */ (/** @type {unknown} */ (database.prepare(text).all(...values)));
}

/**
 * Runs a body that writes to the tables in memory. A reader refuses to write to any database otherwise.
 * @param {Database} database
 * @param {() => void} body
 */
function writing(database, body) {
  const isReader = rowsOf(database, 'pragma query_only')[0]?.[0] === 1;
  if (!isReader) return body();
  database.exec('pragma query_only = off');
  try {
    body();
  } finally {
    database.exec('pragma query_only = on');
  }
}
