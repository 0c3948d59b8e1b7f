import type { FactIssue } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { viewCasts } from './created.ts';
import type { Query } from './query.ts';

export interface SchemaColumn {
  readonly name: string;
  /** As declared; empty where nothing was. */
  readonly type: string;
  readonly notNull: boolean;
  readonly defaultExpression: string | null;
  /** Position within the primary key from 1; 0: not in it. */
  readonly primary: number;
  readonly generated: boolean;
}

export interface SchemaIndex {
  readonly name: string;
  /** Whether SQLite created it for a UNIQUE constraint. */
  readonly automatic: boolean;
  readonly columns: readonly string[];
}

export interface SchemaForeignKey {
  readonly columns: readonly string[];
  readonly toTable: string;
  /** `null`: the primary key of the table. */
  readonly toColumns: readonly (string | null)[];
}

/** A table or view as SQLite's own tables describe it. */
export interface SchemaTable {
  readonly name: string;
  readonly view: boolean;
  readonly sql: string | null;
  readonly withoutRowid: boolean;
  readonly columns: readonly SchemaColumn[];
  /** Unique indexes over plain columns and all rows, without that of the primary key. */
  readonly uniqueIndexes: readonly SchemaIndex[];
  readonly foreignKeys: readonly SchemaForeignKey[];
  /** The CREATE TRIGGER statements of its triggers. */
  readonly triggers: readonly string[];
  readonly estimatedRows: number | null;
}

type Row = readonly unknown[];
const note = (table: string, reason: string): FactIssue => ({ namespace: null, table, column: null, reason });

const listed = `select l.name, l.type, l.wr, s.sql from pragma_table_list l
  join sqlite_schema s on s.name = l.name and s.type in ('table', 'view')
  where l.schema = 'main' and l.name not like 'sqlite\\_%' escape '\\' order by s.rowid`;
const plainTables = `sqlite_schema m where m.type = 'table' and m.sql not like 'create virtual%'`;
const columnFields = `x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden`;
const tableColumns = `select m.name, ${columnFields} from (select name from ${plainTables}) m
  join pragma_table_xinfo(m.name, 'main') x order by m.name, x.cid`;
const foreignKeys = `select m.name, f.id, f."table", f."from", f."to" from (select name from ${plainTables}) m
  join pragma_foreign_key_list(m.name, 'main') f order by m.name, f.id, f.seq`;
const uniqueIndexes = `select m.name, i.name, i.origin, c.name from (select name from ${plainTables}) m
  join pragma_index_list(m.name, 'main') i join pragma_index_info(i.name, 'main') c
  where i."unique" = 1 and i.partial = 0 and i.origin <> 'pk' order by m.name, i.seq, c.seqno`;

/** Reads the schema in a handful of statements, and one more per view. */
export async function readSchema(
  query: Query,
): Promise<{ readonly tables: readonly SchemaTable[]; readonly issues: readonly FactIssue[] }> {
  const issues: FactIssue[] = [];
  const listedTables = (await query(listed)).filter(([name, type]) => {
    if (type === 'virtual') issues.push(note(String(name), 'a virtual table is left out'));
    return type === 'table' || type === 'view';
  });
  const columns = groups(await query(tableColumns));
  const keys = groups(await query(foreignKeys));
  const indexes = groups(await query(uniqueIndexes));
  const triggers = groups(
    await query(
      `select lower(tbl_name), sql from sqlite_schema where type = 'trigger' and name not like 'foz\\_outbox %' escape '\\'`,
    ),
  );
  const estimates = await rowEstimates(query);
  const tables: SchemaTable[] = [];
  for (const [rawName, type, withoutRowid, sql] of listedTables) {
    const name = String(rawName);
    const view = type === 'view';
    const found = view ? await viewColumns(query, name, issues) : columns.get(name);
    if (found === null) continue;
    tables.push({
      name,
      view,
      sql: sql as string | null,
      withoutRowid: Number(withoutRowid) === 1,
      columns: castAs((found ?? []).map(column), view ? viewCasts(sql as string | null) : new Map()),
      uniqueIndexes: view ? [] : readIndexes(indexes.get(name) ?? []),
      foreignKeys: view ? [] : readForeignKeys(keys.get(name) ?? []),
      triggers: (triggers.get(name.toLowerCase()) ?? []).map(([, text]) => String(text)),
      estimatedRows: estimates.get(name) ?? null,
    });
  }
  return { tables, issues };
}

/** Rows by their first column. */
function groups(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const name = String(row[0]);
    const group = found.get(name);
    if (group === undefined) found.set(name, [row]);
    else group.push(row);
  }
  return found;
}

/** The columns of a view; `null` where its tables are missing, so that it has no description. */
async function viewColumns(query: Query, name: string, issues: FactIssue[]): Promise<readonly Row[] | null> {
  try {
    return await query(`select ?1, ${columnFields} from pragma_table_xinfo(?2, 'main') x order by x.cid`, [
      name,
      name,
    ]);
  } catch (error) {
    if (!(error instanceof FozError) || error.code === 'timeout' || error.code === 'unavailable') throw error;
    issues.push(
      note(name, `the view is left out: SQLite cannot read it (${error.internal ?? error.message})`),
    );
    return null;
  }
}

/** `hidden` is 1 for columns of virtual tables that are not selected by `*`, 2 and 3 for generated ones. */
function column([, name, type, notNull, defaultExpression, primary, hidden]: Row): SchemaColumn | null {
  if (Number(hidden) === 1) return null;
  const generated = Number(hidden) > 1;
  return {
    name: String(name),
    // SQLite appends these words to the type of a generated column.
    type: String(type ?? '').replace(/\s*generated always$/i, ''),
    notNull: Number(notNull) === 1,
    defaultExpression: generated ? null : (defaultExpression as string | null),
    primary: Number(primary),
    generated,
  };
}

/** The visible columns, with the types that a view casts them to. */
function castAs(
  columns: readonly (SchemaColumn | null)[],
  casts: ReadonlyMap<number, string>,
): readonly SchemaColumn[] {
  return columns.flatMap((found, position) =>
    found === null ? [] : [{ ...found, type: casts.get(position) ?? found.type }],
  );
}

function readForeignKeys(rows: readonly Row[]): readonly SchemaForeignKey[] {
  const byId = new Map<unknown, { columns: string[]; toTable: string; toColumns: (string | null)[] }>();
  for (const [, id, toTable, from, to] of rows) {
    const key = byId.get(id) ?? { columns: [], toTable: String(toTable), toColumns: [] };
    byId.set(id, key);
    key.columns.push(String(from));
    key.toColumns.push(to as string | null);
  }
  // The pragma lists foreign keys in the reverse order of their declaration.
  return [...byId.values()].reverse();
}

function readIndexes(rows: readonly Row[]): readonly SchemaIndex[] {
  const byName = new Map<string, { name: string; automatic: boolean; columns: (string | null)[] }>();
  for (const [, name, origin, columnName] of rows) {
    const index = byName.get(String(name)) ?? { name: String(name), automatic: origin === 'u', columns: [] };
    byName.set(String(name), index);
    index.columns.push(columnName as string | null);
  }
  const plain = [...byName.values()].filter((index) => index.columns.every((entry) => entry !== null));
  return (plain as SchemaIndex[]).reverse();
}

/** The number of rows per table, from the statistics of ANALYZE. */
async function rowEstimates(query: Query): Promise<ReadonlyMap<string, number>> {
  const [known] = await query(`select 1 from sqlite_schema where name = 'sqlite_stat1'`);
  if (known === undefined) return new Map();
  const rows = await query('select tbl, max(cast(stat as integer)) from sqlite_stat1 group by tbl');
  return new Map(rows.map(([table, count]) => [String(table), Number(count)]));
}
