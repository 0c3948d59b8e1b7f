import {
  type ColumnFacts,
  type EnumFacts,
  type FactIssue,
  type ForeignKeyFacts,
  familyOf,
  type KeyFacts,
  type SourceFacts,
  type TableFacts,
  type TriggerEffect,
} from '../../catalog/index.ts';
import { allowedValues, namesIn, validJson } from './checks.ts';
import { readType } from './natives.ts';

/** A row of a query about the catalog. */
export type Row = readonly (string | number | boolean | null)[];

interface ReadTable {
  readonly namespace: string;
  readonly name: string;
  readonly isView: boolean;
  readonly comment: string | null;
  readonly columns: Map<string, ColumnFacts>;
  readonly uniqueKeys: KeyFacts[];
  readonly foreignKeys: ForeignKeyFacts[];
  readonly checks: { readonly name: string; readonly names: ReadonlySet<string> }[];
  /** The values that a check allows, by column. */
  readonly lists: Map<string, readonly string[]>;
  /** Columns that hold only JSON. */
  readonly documents: Set<string>;
  /** The user's rights on the rows. */
  readonly rights: ReadonlySet<Write>;
  /** Whether the user may give values to an identity column. */
  readonly mayAlter: boolean;
  readonly triggers: Map<Write, TriggerEffect>;
  primaryKey: KeyFacts | null;
}

interface ReadingOptions {
  readonly defaultNamespace: string;
  wantedNamespace(namespace: string): boolean;
  wantedTable(namespace: string, table: string): boolean;
}

const writes = ['insert', 'update', 'delete'] as const;
type Write = (typeof writes)[number];

const textOr = (value: Row[number] | undefined) =>
  value === null || value === undefined || value === '' ? null : String(value);
const isTrue = (value: Row[number] | undefined) => value === true || value === 1;

/** Builds table facts from the rows of the queries. */
export class TableFactsBuilder {
  readonly #options: ReadingOptions;
  /** By object id. */
  readonly #tables = new Map<string, ReadTable>();
  readonly #enums = new Map<string, EnumFacts>();
  readonly #issues: FactIssue[] = [];
  readonly #unreadable: { readonly namespace: string; readonly name: string }[] = [];

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  readTables(rows: readonly Row[]): void {
    for (const [schema, table, type, comment, id, mayRead, mayAlter, ...mayWrite] of rows) {
      const [namespace, name] = [String(schema), String(table)];
      const { wantedNamespace, wantedTable } = this.#options;
      if (!wantedNamespace(namespace) || !wantedTable(namespace, name)) continue;
      // NULL where the function cannot read the name; then the view of the catalog has shown that there is some right.
      if (mayRead !== null && !isTrue(mayRead)) {
        this.#unreadable.push({ namespace, name });
        continue;
      }
      this.#tables.set(String(id), {
        namespace,
        name,
        isView: String(type).trim() === 'V',
        comment: textOr(comment),
        columns: new Map(),
        uniqueKeys: [],
        foreignKeys: [],
        checks: [],
        lists: new Map(),
        documents: new Set(),
        rights: new Set(writes.filter((_, at) => mayWrite[at] === null || isTrue(mayWrite[at]))),
        mayAlter: isTrue(mayAlter),
        triggers: new Map(),
        primaryKey: null,
      });
    }
  }

  readChecks(rows: readonly Row[]): void {
    for (const [id, name, definition, isDisabled, isNotTrusted] of rows) {
      const table = this.#tables.get(String(id));
      if (table === undefined || definition === null) continue;
      const condition = String(definition);
      table.checks.push({ name: String(name), names: namesIn(condition) });
      if (isTrue(isDisabled) || isTrue(isNotTrusted)) continue;
      const list = allowedValues(condition);
      if (list !== null) table.lists.set(list.column, list.values);
      const document = validJson(condition);
      if (document !== null) table.documents.add(document);
    }
  }

  readColumns(rows: readonly Row[]): void {
    for (const row of rows) {
      const table = this.#tables.get(String(row[0]));
      if (table === undefined) continue;
      const column = this.#column(table, row);
      table.columns.set(column.name, column);
    }
  }

  #column(table: ReadTable, row: Row): ColumnFacts {
    const [, name, type, base, maxLength, precision, scale, collation, nullable, identity, computed] = row;
    const [standard, comment, defaultId] = row.slice(11);
    const column = String(name);
    const read = readType({
      type: String(base ?? type).toLowerCase(),
      maxLength: Number(maxLength),
      precision: Number(precision),
      scale: Number(scale),
      collation: textOr(collation),
    });
    if (read.issue !== null) this.#report(table, column, read.issue);
    const isDocument = read.scalar === 'text' && table.documents.has(column);
    const values = familyOf(read.scalar) === 'text' && !isDocument ? (table.lists.get(column) ?? null) : null;
    const { lenient, readOnly, issue: _, ...typed } = read;
    return {
      ...typed,
      name: column,
      scalar: isDocument ? 'json' : values === null ? read.scalar : 'enum',
      array: false,
      enumName: values === null ? null : this.#enum(table, column, values),
      nullable: isTrue(nullable),
      // Without the right VIEW DEFINITION the expression is hidden, but not that there is one.
      defaultExpression: textOr(standard) ?? (Number(defaultId ?? 0) === 0 ? null : '(hidden)'),
      identity: isTrue(identity) ? (table.mayAlter ? 'by default' : 'always') : null,
      generated: isTrue(computed) || readOnly,
      maxLength: isDocument ? null : typed.maxLength,
      comment: textOr(comment),
      ...(lenient && !isDocument ? { lenient: true } : {}),
      ...(values !== null && !/_BIN2?(?:_|$)|_CS_/i.test(textOr(collation) ?? '') ? { respelled: true } : {}),
    };
  }

  #enum(table: ReadTable, column: string, values: readonly string[]): string {
    const own = `${table.name}_${column}`;
    const base = table.namespace === this.#options.defaultNamespace ? own : `${table.namespace}_${own}`;
    let name = base;
    for (let next = 2; this.#enums.has(name); next++) name = `${base}_${next}`;
    this.#enums.set(name, { name, namespace: table.namespace, values, comment: null });
    return name;
  }

  readKeys(keys: readonly Row[], foreignKeys: readonly Row[]): void {
    for (const { table, name, rows } of this.#grouped(keys)) {
      const columns = rows.map(([, , , column]) => String(column));
      if (!columns.every((column) => table.columns.has(column))) continue;
      if (isTrue(rows[0]![2])) table.primaryKey = { name, columns };
      else table.uniqueKeys.push({ name, columns });
    }
    for (const { table, name, rows } of this.#grouped(foreignKeys)) {
      const target = this.#tables.get(String(rows[0]![2]));
      const columns = rows.map((row) => String(row[3]));
      const toColumns = rows.map((row) => String(row[4]));
      if (target === undefined || !columns.every((column) => table.columns.has(column))) continue;
      if (!toColumns.every((column) => target.columns.has(column))) continue;
      table.foreignKeys.push({
        name,
        columns,
        toNamespace: target.namespace,
        toTable: target.name,
        toColumns,
        ...(isTrue(rows[0]![5]) || isTrue(rows[0]![6]) ? { unchecked: true as const } : {}),
      });
    }
  }

  /** Neighbouring rows of one table and one name. */
  *#grouped(rows: readonly Row[]) {
    let start = 0;
    for (let at = 1; at <= rows.length; at++) {
      const [first, row] = [rows[start]!, rows[at]];
      if (row !== undefined && row[0] === first[0] && row[1] === first[1]) continue;
      const table = this.#tables.get(String(first[0]));
      if (table !== undefined) yield { table, name: String(first[1]), rows: rows.slice(start, at) };
      start = at;
    }
  }

  readTriggers(rows: readonly Row[]): void {
    for (const [id, event, isInsteadOf] of rows) {
      const kind = writes.find((one) => one === String(event).toLowerCase());
      const triggers = this.#tables.get(String(id))?.triggers;
      if (kind === undefined || triggers === undefined) continue;
      // OUTPUT has the values before any trigger runs.
      if (triggers.get(kind) !== 'instead') triggers.set(kind, isTrue(isInsteadOf) ? 'instead' : 'after');
    }
  }

  #report(table: ReadTable, column: string | null, reason: string): void {
    this.#issues.push({ namespace: table.namespace, table: table.name, column, reason });
  }

  facts(): Pick<SourceFacts, 'tables' | 'enums' | 'issues' | 'unreadable'> {
    return {
      tables: [...this.#tables.values()].filter(({ columns }) => columns.size > 0).map(factsOf),
      enums: [...this.#enums.values()],
      issues: this.#issues,
      unreadable: this.#unreadable,
    };
  }
}

function factsOf(table: ReadTable): TableFacts {
  const { namespace, name, isView, comment, primaryKey, uniqueKeys, foreignKeys, checks } = table;
  const { rights, triggers } = table;
  // Which views can be written without a trigger the catalog does not tell.
  const isWritable = (write: Write) => rights.has(write) && (!isView || triggers.get(write) === 'instead');
  const columns = [...table.columns.values()];
  const constraints = checks.map((check) => ({
    name: check.name,
    columns: columns.map((column) => column.name).filter((column) => check.names.has(column)),
  }));
  return {
    namespace,
    name,
    kind: isView ? 'view' : 'table',
    comment,
    columns,
    primaryKey,
    uniqueKeys,
    foreignKeys,
    ...(constraints.length === 0 ? {} : { constraints }),
    insertable: isWritable('insert'),
    updatable: isWritable('update'),
    deletable: isWritable('delete'),
    ...(triggers.size === 0 ? {} : { triggers: Object.fromEntries(triggers) }),
    estimatedRows: null,
  };
}
