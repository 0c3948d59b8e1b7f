import { FozError } from '../../core/index.ts';
import { type ImageRows, type Sql, sql } from '../../sql/index.ts';
import { readCreated } from './created.ts';
import type { Query } from './query.ts';
import { rowidName } from './rowid.ts';

const name = (text: string) => sql.name(text, '"', '"');
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** Images of changed rows, as the value that a statement binds. The engine process stores them before it runs the statement. */
export class StoredImages {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];

  constructor(table: string, columns: readonly string[], rows: readonly (readonly unknown[])[]) {
    this.table = table;
    this.columns = columns;
    this.rows = rows;
  }
}

/** A table for images in the memory of an engine process. */
export interface ImageTable {
  /** `CREATE TABLE "orders" (...)`, as SQLite stores it. */
  readonly create: string;
  readonly images: StoredImages;
}

/**
 * Images of changed rows: a table in memory whose columns have the affinities and collations of those of the real one. Only columns of
 * tables have both: SQLite has no expression with the affinity of a column that leaves values of any type as they are.
 */
export function imageRows({ table, columns, images }: ImageRows, alias: Sql) {
  const rowid = rowidName(table.columns);
  if (rowid === undefined)
    throw new FozError(
      'not-supported',
      'The changed rows of this table cannot be filtered: its columns have all names of the rowid.',
    );
  const names = columns.map((column) => column.name);
  // Bound as the rowid of the first image.
  const first = sql.bind(images, (rows) => new StoredImages(table.name, names, rows as StoredImages['rows']));
  return {
    rows: sql`foz_images.${name(table.name)} as ${alias}`,
    index: sql`(${alias}.${name(rowid)} - ${first})`,
  };
}

const declared = `select x.name, x.type, s.sql, l.strict from sqlite_schema s
  join pragma_table_list(s.name) l on l.schema = 'main' join pragma_table_xinfo(s.name, 'main') x
  where s.type = 'table' and s.name = ?1 and x.hidden <> 1 order by x.cid`;

/** Describes the table for images as the real one is declared now. Keys, checks and NOT NULL are left out: there are several images of a row. */
export async function imageTable(query: Query, images: StoredImages): Promise<ImageTable> {
  const rows = await query(declared, [images.table]);
  const { collations } = readCreated((rows[0]?.[2] ?? null) as string | null);
  const columns = rows.map(([column, type, , strict]) => {
    const collation = collations.get(String(column).toLowerCase());
    const collate = collation === undefined ? '' : ` collate ${quoted(collation)}`;
    return `${quoted(String(column))} ${affinityOf(String(type), Number(strict) === 1)}${collate}`;
  });
  return { create: `CREATE TABLE ${quoted(images.table)} (${columns.join(', ')})`, images };
}

/** A type with the affinity of a declared type: https://www.sqlite.org/datatype3.html#determination_of_column_affinity */
function affinityOf(declaredType: string, isStrict: boolean): string {
  // SQLite appends these words to the type of a generated column.
  const type = declaredType.toUpperCase().replace(/\s*GENERATED ALWAYS$/, '');
  if (type.includes('INT')) return 'integer';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text';
  if (type === '' || type.includes('BLOB') || (isStrict && type === 'ANY')) return 'blob';
  return /REAL|FLOA|DOUB/.test(type) ? 'real' : 'numeric';
}
