import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Spelling, testEngines } from '../support/engine/index.ts';
import type { Engine } from '../support/engines.ts';
import type { TableRows } from './content.ts';
import { shopRows } from './shop/data.ts';
import { supportRows } from './support/data.ts';

/** The fixture databases. `pg_extra` is for PostgreSQL and PGlite alone, the others are the same on every engine. */
export type CatalogName = 'shop' | 'support' | 'pg_extra';

/** Runs a script of one or more statements on one connection, always the same. */
export type Execute = (script: string) => Promise<void>;

/** The rows of the catalogs that every engine has, in canonical form. */
export const contents = { shop: shopRows, support: supportRows } satisfies Partial<
  Record<CatalogName, readonly TableRows[]>
>;

const folder = dirname(fileURLToPath(import.meta.url));
const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');

/** The script that creates and fills a catalog in an empty database. Throws for `pg_extra` on other engines. */
export function loadScript(engine: Engine, catalog: CatalogName): string {
  const { spelling } = testEngines[engine];
  if (catalog === 'pg_extra') {
    if (testEngines[engine].hasExtra !== true)
      throw new Error(`The catalog pg_extra does not exist on ${engine}.`);
    return `${read(catalog, 'postgres.sql')}\n${read(catalog, 'rows.sql')}`;
  }
  const statements = contents[catalog].flatMap((rows) => fill(spelling, rows));
  return [read(catalog, `${spelling.ddl}.sql`), ...spelling.unchecked(statements)].join('\n');
}

/** Creates and fills a catalog in an empty database. */
export function loadCatalog(engine: Engine, catalog: CatalogName, execute: Execute): Promise<void> {
  return execute(loadScript(engine, catalog));
}

/**
 * A script that restores the rows and counters of tables (default: all) as after loading, and leaves other tables alone. Throws for
 * a table that the catalog does not have.
 */
export function resetScript(
  engine: Engine,
  catalog: keyof typeof contents,
  tables?: readonly string[],
): string {
  const all = contents[catalog];
  const unknown = tables?.find((name) => !all.some((rows) => rows.table === name));
  if (unknown) throw new Error(`The catalog ${catalog} has no table "${unknown}".`);
  const chosen = all.filter((rows) => !tables || tables.includes(rows.table));
  const { spelling } = testEngines[engine];
  const empty = chosen.map((rows) => `delete from ${spelling.name(rows.table)};`);
  const statements = [...empty, ...chosen.flatMap((rows) => fill(spelling, rows))];
  const ddl = read(catalog, `${spelling.ddl}.sql`);
  const names = chosen.map(({ table }) => table);
  return (spelling.uncheckedAmong?.(statements, names, ddl) ?? spelling.unchecked(statements)).join('\n');
}

function fill(spelling: Spelling, { table, columns, counted, rows }: TableRows): string[] {
  const names = Object.keys(columns);
  const kinds = Object.values(columns);
  const values = rows.map(
    (row) => `(${row.map((value, at) => spelling.literal(value, kinds[at]!)).join(', ')})`,
  );
  const target = `${spelling.name(table)} (${names.map(spelling.name).join(', ')})`;
  const { mostRows = values.length } = spelling;
  const inserts: string[] = [];
  for (let at = 0; at < values.length; at += mostRows) {
    const some = values.slice(at, at + mostRows).join(',\n');
    inserts.push(`insert into ${target}${spelling.overriding} values\n${some};`);
  }
  if (counted === null) return inserts;
  const insert = inserts.join('\n');
  const last = Math.max(0, ...rows.map((row) => Number(row[names.indexOf(counted)])));
  return [spelling.withKeys?.(table, insert) ?? insert, spelling.counter(table, counted, last)];
}
