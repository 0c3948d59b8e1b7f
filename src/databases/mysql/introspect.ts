import type {
  ColumnFacts,
  EnumFacts,
  FactIssue,
  ForeignKeyFacts,
  KeyFacts,
  SourceFacts,
  TableFacts,
} from '../../catalog/index.ts';
import type { IntrospectOptions, RunResult } from '../../plan/index.ts';
import { allowedValues, type ColumnRow, enumLabels, nativeOf } from './natives.ts';
import { namespaceFilter, tableFilter } from './patterns.ts';

/** Runs one statement with text parameters. */
export type Ask = (text: string, values: readonly string[]) => Promise<RunResult>;
export interface IntrospectSettings {
  readonly database: string;
  readonly tinyint1IsBoolean: boolean;
}
export type Introspect = (
  ask: Ask,
  settings: IntrospectSettings,
  options: IntrospectOptions,
) => Promise<SourceFacts>;

/** Where the two servers describe checks differently: rows of (table, clause). */
export interface IntrospectDifference {
  readonly engine: string;
  readonly checks: string;
  /** A check that says `json_valid(column)` makes a JSON column of a text column. */
  readonly jsonByCheck: boolean;
  /** MariaDB spells "no default" as the word NULL. */
  readonly nullDefault: string | null;
}

export const mysqlChecks: IntrospectDifference = {
  engine: 'mysql',
  checks: `select tc.TABLE_NAME, cc.CHECK_CLAUSE from information_schema.TABLE_CONSTRAINTS tc
    join information_schema.CHECK_CONSTRAINTS cc on cc.CONSTRAINT_SCHEMA = tc.CONSTRAINT_SCHEMA and cc.CONSTRAINT_NAME = tc.CONSTRAINT_NAME
    where tc.TABLE_SCHEMA = ? and tc.CONSTRAINT_TYPE = 'CHECK'`,
  jsonByCheck: false,
  nullDefault: null,
};

type Row = readonly unknown[];

/** Reads what the databases of a server contain; one query per kind of thing and database. */
export function introspector(difference: IntrospectDifference): Introspect {
  return async (ask, settings, options) => {
    const rows = async (text: string, ...values: string[]) => (await ask(text, values)).rows;
    const [[version]] = (await rows('select version()')) as [Row];
    const namespaces = await namespacesOf(rows, settings.database, options);
    const wanted = tableFilter(options);
    const facts = { tables: [] as TableFacts[], enums: [] as EnumFacts[], issues: [] as FactIssue[] };
    for (const namespace of namespaces)
      await introspectOne(difference, settings, rows, namespace, wanted, facts);
    return {
      engine: difference.engine,
      version: String(version),
      defaultNamespace: settings.database,
      ...facts,
    };
  };
}

type Rows = (text: string, ...values: string[]) => Promise<readonly Row[]>;

/** The database of the URL, or what the patterns name. */
async function namespacesOf(rows: Rows, database: string, options: IntrospectOptions): Promise<string[]> {
  const { include, exclude } = options.namespaces;
  if (include.length === 0 && exclude.length === 0) return [database];
  const all = await rows('select SCHEMA_NAME from information_schema.SCHEMATA order by SCHEMA_NAME');
  const system = new Set(['mysql', 'information_schema', 'performance_schema', 'sys']);
  const names = all.map(([name]) => String(name)).filter((name) => !system.has(name.toLowerCase()));
  return include.length === 0
    ? names.filter((name) => name === database)
    : names.filter(namespaceFilter(options));
}

async function introspectOne(
  difference: IntrospectDifference,
  settings: IntrospectSettings,
  rows: Rows,
  namespace: string,
  wanted: (namespace: string, table: string) => boolean,
  facts: { tables: TableFacts[]; enums: EnumFacts[]; issues: FactIssue[] },
): Promise<void> {
  const [tables, columns, keys, references, views, checks] = await Promise.all([
    rows(
      'select TABLE_NAME, TABLE_TYPE, TABLE_ROWS, TABLE_COMMENT from information_schema.TABLES where TABLE_SCHEMA = ? order by TABLE_NAME',
      namespace,
    ),
    rows(columnQuery, namespace),
    rows(keyQuery, namespace),
    rows(referenceQuery, namespace),
    rows('select TABLE_NAME, IS_UPDATABLE from information_schema.VIEWS where TABLE_SCHEMA = ?', namespace),
    rows(difference.checks, namespace),
  ]);
  const columnsOf = groupBy(columns.map(columnRow), (column) => column.table);
  const keysOf = groupBy(keys, ([table]) => String(table));
  const referencesOf = groupBy(references, ([table]) => String(table));
  const checksOf = groupBy(checks, ([table]) => String(table));
  const updatable = new Set(views.filter(([, is]) => is === 'YES').map(([name]) => String(name)));
  for (const [name, type, estimate, comment] of tables) {
    const table = String(name);
    if (!wanted(namespace, table)) continue;
    const isView = String(type).endsWith('VIEW');
    const writable = !isView || updatable.has(table);
    const checked = checkedColumns(difference, checksOf.get(table) ?? []);
    const { primaryKey, uniqueKeys } = keyFacts(keysOf.get(table) ?? []);
    facts.tables.push({
      namespace,
      name: table,
      kind: isView ? 'view' : 'table',
      comment: isView || comment === '' ? null : String(comment),
      columns: (columnsOf.get(table) ?? []).map((column) =>
        columnFacts(difference, settings, namespace, column, checked, facts),
      ),
      primaryKey,
      uniqueKeys,
      foreignKeys: foreignKeys(referencesOf.get(table) ?? []),
      insertable: writable,
      updatable: writable,
      deletable: writable,
      estimatedRows: estimate === null ? null : Number(estimate),
    });
  }
}

const columnQuery = `select TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, CHARACTER_MAXIMUM_LENGTH,
  NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, COLLATION_NAME, EXTRA, GENERATION_EXPRESSION, COLUMN_COMMENT
  from information_schema.COLUMNS where TABLE_SCHEMA = ? order by TABLE_NAME, ORDINAL_POSITION`;
const keyQuery = `select TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART from information_schema.STATISTICS
  where TABLE_SCHEMA = ? and NON_UNIQUE = 0 order by TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`;
const referenceQuery = `select TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
  from information_schema.KEY_COLUMN_USAGE where TABLE_SCHEMA = ? and REFERENCED_TABLE_NAME is not null
  order by TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`;

function groupBy<T>(list: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

const text = (value: unknown): string | null =>
  value === null || value === undefined
    ? null
    : Buffer.isBuffer(value)
      ? value.toString('utf8')
      : String(value);
const number = (value: unknown): number | null =>
  value === null || value === undefined ? null : Number(value);

function columnRow(row: Row): ColumnRow {
  return {
    table: text(row[0])!,
    name: text(row[1])!,
    dataType: text(row[2])!.toLowerCase(),
    columnType: text(row[3])!,
    nullable: row[4] === 'YES',
    defaultText: text(row[5]),
    maxLength: number(row[6]),
    precision: number(row[7]),
    scale: number(row[8]),
    fraction: number(row[9]),
    collation: text(row[10]),
    extra: (text(row[11]) ?? '').toLowerCase(),
    generation: text(row[12]),
    comment: text(row[13]) ?? '',
  };
}

interface Checked {
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly json: ReadonlySet<string>;
}

function checkedColumns({ jsonByCheck }: IntrospectDifference, checks: readonly Row[]): Checked {
  const lists = new Map<string, readonly string[]>();
  const json = new Set<string>();
  for (const [, clause] of checks) {
    const list = allowedValues(text(clause)!);
    if (list !== null) lists.set(list.column, list.values);
    const valid = jsonByCheck ? /^\(?json_valid\(`((?:[^`]|``)+)`\)\)?$/i.exec(text(clause)!) : null;
    if (valid !== null) json.add(valid[1]!.replaceAll('``', '`'));
  }
  return { lists, json };
}

function columnFacts(
  difference: IntrospectDifference,
  settings: IntrospectSettings,
  namespace: string,
  column: ColumnRow,
  checked: Checked,
  facts: { enums: EnumFacts[]; issues: FactIssue[] },
): ColumnFacts {
  const native = nativeOf(column, {
    tinyint1IsBoolean: settings.tinyint1IsBoolean,
    isJson: checked.json.has(column.name),
  });
  if (native.note !== undefined)
    facts.issues.push({ namespace, table: column.table, column: column.name, reason: native.note });
  const labels =
    column.dataType === 'enum'
      ? enumLabels(column.columnType)
      : native.scalar === 'text'
        ? checked.lists.get(column.name)
        : undefined;
  const enumName =
    labels === undefined
      ? null
      : `${namespace === settings.database ? '' : `${namespace}_`}${column.table}_${column.name}`;
  if (enumName !== null) facts.enums.push({ name: enumName, namespace, values: labels!, comment: null });
  const generated =
    /\bgenerated\b/.test(column.extra.replace('default_generated', '')) || (column.generation ?? '') !== '';
  const identity = column.extra.includes('auto_increment');
  const isText = native.scalar === 'text' || enumName !== null;
  const noDefault =
    column.defaultText === null ||
    (difference.nullDefault !== null && column.defaultText === difference.nullDefault);
  return {
    name: column.name,
    nativeType: column.columnType,
    scalar: labels === undefined ? native.scalar : 'enum',
    array: false,
    castType: isText ? column.collation : null,
    enumName,
    nullable: column.nullable,
    defaultExpression: generated || noDefault ? null : column.defaultText,
    identity: identity ? 'by default' : null,
    generated,
    maxLength:
      isText &&
      labels === undefined &&
      column.maxLength !== null &&
      column.maxLength < 4_294_967_295 &&
      !/text$/.test(column.dataType)
        ? column.maxLength
        : native.scalar === 'bytea'
          ? column.maxLength
          : null,
    precision: native.scalar === 'numeric' && native.range === undefined ? column.precision : null,
    scale: native.scalar === 'numeric' ? column.scale : column.fraction,
    range: native.range ?? null,
    comment: column.comment === '' ? null : column.comment,
  };
}

/** Unique indexes over whole columns; one over a prefix or an expression is no key. */
function keyFacts(rows: readonly Row[]): { primaryKey: KeyFacts | null; uniqueKeys: KeyFacts[] } {
  let primaryKey: KeyFacts | null = null;
  const uniqueKeys: KeyFacts[] = [];
  for (const [name, parts] of groupBy(rows, (row) => String(row[1]))) {
    if (parts.some(([, , column, prefix]) => column === null || prefix !== null)) continue;
    const key = { name, columns: parts.map(([, , column]) => String(column)) };
    if (name === 'PRIMARY') primaryKey = key;
    else uniqueKeys.push(key);
  }
  return { primaryKey, uniqueKeys };
}

function foreignKeys(rows: readonly Row[]): ForeignKeyFacts[] {
  return [...groupBy(rows, (row) => String(row[1]))].map(([name, parts]) => ({
    name,
    columns: parts.map((row) => String(row[2])),
    toNamespace: text(parts[0]![3]),
    toTable: String(parts[0]![4]),
    toColumns: parts.map((row) => String(row[5])),
  }));
}
