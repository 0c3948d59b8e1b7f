import type {
  ColumnFacts,
  EnumFacts,
  FactIssue,
  ForeignKeyFacts,
  KeyFacts,
  SourceFacts,
  TableFacts,
  TriggerEffect,
} from '../../catalog/index.ts';
import type { IntrospectOptions } from '../../plan/index.ts';
import { tableFilter } from '../../sql/index.ts';
import { type CreatedTable, keyOf, readCreated, triggerOf } from './created.ts';
import type { Query } from './query.ts';
import { columnKey, scanForms } from './scan-forms.ts';
import { readSchema, type SchemaColumn, type SchemaTable } from './schema.ts';
import { declaredType } from './types.ts';

/** The facts, and the name of each key by its table and columns (as JSON), for messages about violated constraints. */
export interface Introspected {
  readonly facts: SourceFacts;
  readonly keyNames: ReadonlyMap<string, string>;
}

/** Reads tables, views, keys and types of the main database, without attached databases. */
export async function introspect(query: Query, options: IntrospectOptions): Promise<Introspected> {
  const [[version]] = (await query('select sqlite_version()')) as [[string]];
  const schema = await readSchema(query);
  const issues: FactIssue[] = [...schema.issues];
  const passes = tableFilter(options.tables);
  const wanted = schema.tables.filter((table) => passes(null, table.name));
  const { forms, issues: found } = await scanForms(query, wanted);
  issues.push(...found);
  const enums: EnumFacts[] = [];
  const reader = new TableReader(schema.tables, forms, issues, enums);
  const tables = wanted.map((table) => reader.read(table));
  const keyNames = new Map<string, string>();
  for (const { name, primaryKey, uniqueKeys } of tables) {
    for (const key of [...(primaryKey === null ? [] : [primaryKey]), ...uniqueKeys]) {
      keyNames.set(JSON.stringify([name, ...key.columns]), key.name);
    }
  }
  return { facts: { engine: 'sqlite', version, defaultNamespace: null, tables, enums, issues }, keyNames };
}

/** Builds the facts of a table from the schema, and collects issues. */
class TableReader {
  readonly #byName: ReadonlyMap<string, SchemaTable>;
  readonly #forms: ReadonlyMap<string, string>;
  readonly #issues: FactIssue[];
  readonly #enums: EnumFacts[];
  readonly #enumNames = new Set<string>();

  constructor(
    tables: readonly SchemaTable[],
    forms: ReadonlyMap<string, string>,
    issues: FactIssue[],
    enums: EnumFacts[],
  ) {
    this.#byName = new Map(tables.map((table) => [table.name.toLowerCase(), table]));
    this.#forms = forms;
    this.#issues = issues;
    this.#enums = enums;
  }

  read(table: SchemaTable): TableFacts {
    const created = readCreated(table.view ? null : table.sql);
    const primary = primaryColumns(table);
    const names = new Set<string>();
    const primaryKey =
      primary.length === 0
        ? null
        : {
            name: distinct(names, created.names.get(keyOf('primary', primary)) ?? `${table.name}_pkey`),
            columns: primary,
          };
    const triggers = triggersOf(table);
    const writes = (kind: keyof typeof triggers) => !table.view || triggers[kind] !== undefined;
    return {
      namespace: null,
      name: table.name,
      kind: table.view ? 'view' : 'table',
      comment: null,
      columns: table.columns.map((column) => this.#column(table, column, created, primary)),
      primaryKey,
      uniqueKeys: uniqueKeys(table, created, primary, names),
      foreignKeys: this.#foreignKeys(table, created, names),
      ...(created.checks.size === 0 ? {} : { constraints: checksOf(table, created) }),
      insertable: writes('insert'),
      updatable: writes('update'),
      deletable: writes('delete'),
      ...(Object.keys(triggers).length === 0 ? {} : { triggers }),
      ...(created.resolvesConflicts ? { resolvesConflicts: true } : {}),
      estimatedRows: table.estimatedRows,
    };
  }

  #column(
    table: SchemaTable,
    column: SchemaColumn,
    created: CreatedTable,
    primary: readonly string[],
  ): ColumnFacts {
    const type = declaredType(column.type);
    if (type.unknown) {
      this.#note(
        table.name,
        column.name,
        `the type ${column.type} is not known: values are handed out as text and compared for equality only`,
      );
    }
    const values = type.scalar === 'text' ? created.lists.get(column.name.toLowerCase()) : undefined;
    // A view may have the collation of any of its tables.
    const lenient = table.view || created.collations.has(column.name.toLowerCase());
    const form = this.#forms.get(columnKey(table.name, column.name)) ?? null;
    const identity = primary.length === 1 && primary[0] === column.name && isRowid(table, column);
    return {
      name: column.name,
      nativeType: column.type,
      scalar: values === undefined ? type.scalar : 'enum',
      array: false,
      castType: form,
      enumName: values === undefined ? null : this.#enum(table.name, column.name, values),
      nullable: !column.notNull && !primary.includes(column.name),
      defaultExpression: column.defaultExpression,
      identity: identity ? 'by default' : null,
      generated: column.generated,
      maxLength: type.maxLength,
      precision: type.precision,
      scale: type.scale,
      range: null,
      comment: null,
      ...(lenient && type.scalar === 'text' ? { lenient } : {}),
      ...(values !== undefined && lenient ? { respelled: true } : {}),
      ...(form?.endsWith('mixed') ? { loose: true } : {}),
    };
  }

  #enum(table: string, column: string, values: readonly string[]): string {
    const name = distinct(this.#enumNames, `${table}_${column}`);
    this.#enums.push({ name, namespace: null, values, comment: null });
    return name;
  }

  #foreignKeys(table: SchemaTable, created: CreatedTable, names: Set<string>): readonly ForeignKeyFacts[] {
    const found: ForeignKeyFacts[] = [];
    for (const key of table.foreignKeys) {
      const target = this.#byName.get(key.toTable.toLowerCase());
      const columns = key.columns.map((column) => spelledAs(table, column));
      const toColumns =
        target === undefined
          ? []
          : key.toColumns.some((column) => column === null)
            ? primaryColumns(target)
            : key.toColumns.map((column) => spelledAs(target, column!));
      if (target === undefined || target.view || toColumns.length !== columns.length) {
        const reason = target === undefined || target.view ? 'is no table' : 'has no key that fits';
        this.#note(table.name, columns.join(', '), `the foreign key is left out: ${key.toTable} ${reason}`);
        continue;
      }
      const declared = created.names.get(keyOf('foreign', columns));
      const name = distinct(names, declared ?? `${table.name}_${columns.join('_')}_fkey`);
      found.push({ name, columns, toNamespace: null, toTable: target.name, toColumns });
    }
    return found;
  }

  #note(table: string, column: string, reason: string): void {
    this.#issues.push({ namespace: null, table, column, reason });
  }
}

/** The effects of triggers. SQLite's RETURNING shows a row before AFTER triggers, and the given row for an INSTEAD OF trigger. */
function triggersOf(table: SchemaTable): Partial<Record<'insert' | 'update' | 'delete', TriggerEffect>> {
  const found: Partial<Record<'insert' | 'update' | 'delete', TriggerEffect>> = {};
  for (const text of table.triggers) {
    const trigger = triggerOf(text);
    if (trigger === null) continue;
    if (trigger.timing !== 'before') found[trigger.event] = 'after';
    else found[trigger.event] ??= 'before';
  }
  return found;
}

function primaryColumns(table: SchemaTable): readonly string[] {
  return table.columns
    .filter((column) => column.primary > 0)
    .sort((a, b) => a.primary - b.primary)
    .map((column) => column.name);
}

/** Whether the column is declared exactly INTEGER PRIMARY KEY: it is the rowid, which SQLite generates when it is not given. */
function isRowid(table: SchemaTable, column: SchemaColumn): boolean {
  return !table.withoutRowid && column.type.trim().toUpperCase() === 'INTEGER';
}

function uniqueKeys(
  table: SchemaTable,
  created: CreatedTable,
  primary: readonly string[],
  names: Set<string>,
): readonly KeyFacts[] {
  const seen = new Set([JSON.stringify([...primary].sort())]);
  const keys: KeyFacts[] = [];
  for (const index of table.uniqueIndexes) {
    const identity = JSON.stringify([...index.columns].sort());
    if (seen.has(identity)) continue;
    seen.add(identity);
    const declared = index.automatic
      ? (created.names.get(keyOf('unique', index.columns)) ?? `${table.name}_${index.columns.join('_')}_key`)
      : index.name;
    keys.push({ name: distinct(names, declared), columns: index.columns });
  }
  return keys;
}

/** The column as the table spells it; references may differ in case. */
function spelledAs(table: SchemaTable, column: string): string {
  const lower = column.toLowerCase();
  return table.columns.find((candidate) => candidate.name.toLowerCase() === lower)?.name ?? column;
}

/** A unique name: a number is appended where the name is taken. */
function distinct(taken: Set<string>, name: string): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
  taken.add(free);
  return free;
}

/** The checks that have a name, with their columns. */
function checksOf({ columns }: SchemaTable, { checks }: CreatedTable): KeyFacts[] {
  return [...checks].map(([name, names]) => ({
    name,
    columns: columns.map((column) => column.name).filter((column) => names.has(column.toLowerCase())),
  }));
}
