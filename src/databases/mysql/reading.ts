import {
  type ColumnFacts,
  type EnumFacts,
  type FactIssue,
  type ForeignKeyFacts,
  familyOf,
  type KeyFacts,
  type SourceFacts,
  type TableFacts,
  type TableKind,
} from '../../catalog/index.ts';
import { allowedValues, namesIn, validJson } from './checks.ts';
import { type NativeColumn, readType } from './natives.ts';
import type { Queries } from './queries.ts';
import { isLenient, listedValues, unescaped } from './types.ts';

export type Row = readonly (string | number | null)[];

interface ReadingOptions {
  readonly defaultNamespace: string | null;
  readonly tinyInt1IsBool: boolean;
  readonly queries: Queries;
  wanted(namespace: string, table: string): boolean;
}

interface Draft {
  readonly namespace: string;
  readonly name: string;
  readonly kind: TableKind;
  readonly comment: string | null;
  readonly estimatedRows: number | null;
  readonly writable: boolean;
  readonly columns: Map<string, ColumnFacts>;
  readonly rights: Set<string>;
  readonly uniqueKeys: KeyFacts[];
  readonly foreignKeys: ForeignKeyFacts[];
  /** Check constraints, with the names in their conditions. */
  readonly checks: { readonly name: string; readonly names: ReadonlySet<string> }[];
  readonly triggers: Set<'insert' | 'update'>;
  primaryKey: KeyFacts | null;
}

/** Views have no comment of their own. */
const kinds: Readonly<Record<string, TableKind>> = {
  'BASE TABLE': 'table',
  'SYSTEM VERSIONED': 'table',
  VIEW: 'view',
};

const identity = (namespace: unknown, table: unknown) => `${namespace}\0${table}`;
const textOr = (value: string | number | null | undefined): string | null =>
  value === null || value === undefined || value === '' ? null : String(value);
const numberOr = (value: string | number | null | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

/** Builds table facts from the rows of the queries. */
export class Reading {
  readonly #options: ReadingOptions;
  readonly #tables = new Map<string, Draft>();
  readonly #enums = new Map<string, EnumFacts>();
  readonly #issues: FactIssue[] = [];

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  readTables(tables: readonly Row[], views: readonly Row[]): void {
    const updatable = new Set(views.filter(isWritable).map(([namespace, name]) => identity(namespace, name)));
    for (const [namespace, name, type, comment, rows, options] of tables) {
      const kind = kinds[String(type)];
      if (kind === undefined || !this.#options.wanted(String(namespace), String(name))) continue;
      this.#tables.set(identity(namespace, name), {
        namespace: String(namespace),
        name: String(name),
        kind: kind === 'table' && String(options).includes('partitioned') ? 'partitioned table' : kind,
        comment: kind === 'view' ? null : textOr(comment),
        estimatedRows: numberOr(rows),
        writable: kind !== 'view' || updatable.has(identity(namespace, name)),
        columns: new Map(),
        rights: new Set(),
        uniqueKeys: [],
        foreignKeys: [],
        checks: [],
        triggers: new Set(),
        primaryKey: null,
      });
    }
  }

  readColumns(columns: readonly Row[], checks: readonly Row[]): void {
    const lists = new Map<string, readonly string[]>();
    const documents = new Set<string>();
    for (const [namespace, table, condition, name] of checks) {
      const clause = this.#options.queries.checksAreEscaped
        ? unescaped(String(condition))
        : String(condition);
      this.#tables
        .get(identity(namespace, table))
        ?.checks.push({ name: String(name), names: namesIn(clause) });
      const list = allowedValues(clause);
      const document = validJson(clause);
      if (list !== null) lists.set(`${identity(namespace, table)}\0${list.column}`, list.values);
      if (document !== null) documents.add(`${identity(namespace, table)}\0${document}`);
    }
    for (const row of columns) {
      const table = this.#tables.get(identity(row[0], row[1]));
      if (table === undefined) continue;
      const rights = String(row[16]).split(',');
      if (!rights.includes('select')) continue;
      for (const right of rights) table.rights.add(right);
      const id = `${identity(row[0], row[1])}\0${row[2]}`;
      table.columns.set(String(row[2]), this.#column(table, row, lists.get(id) ?? null, documents.has(id)));
    }
  }

  #column(table: Draft, row: Row, list: readonly string[] | null, document: boolean): ColumnFacts {
    const [, , name, , columnType, standard, nullable, extra, expression, , , , , , , comment] = row;
    const native = nativeOf(row);
    const read = readType(native, this.#options.tinyInt1IsBool);
    if (read.issue !== null) this.#report(table, String(name), read.issue);
    const json = document && read.scalar === 'text';
    const labels = read.scalar === 'enum' ? listedValues(native.columnType) : null;
    const values = labels ?? (familyOf(read.scalar) === 'text' && !json ? list : null);
    const generated =
      /(?:STORED|VIRTUAL|PERSISTENT) GENERATED/.test(String(extra)) ||
      /^ROW (?:START|END)$/.test(String(expression));
    return {
      name: String(name),
      nativeType: json ? 'json' : String(columnType),
      scalar: json ? 'json' : values === null ? read.scalar : 'enum',
      array: false,
      castType: json ? null : read.castType,
      enumName: values === null ? null : this.#enum(table, String(name), values),
      nullable: nullable === 'YES',
      defaultExpression: generated ? null : this.#default(standard, String(extra)),
      identity: String(extra).includes('auto_increment') ? 'by default' : null,
      generated,
      maxLength: json ? null : read.maxLength,
      precision: read.precision,
      scale: read.scale,
      range: read.range,
      comment: textOr(comment),
      ...(values !== null &&
      labels === null &&
      isLenient({ scalar: 'enum', array: false, nativeType: read.castType ?? '' })
        ? { respelled: true }
        : {}),
      ...(read.compares === undefined ? {} : { compares: read.compares }),
    };
  }

  #default(standard: string | number | null | undefined, extra: string): string | null {
    if (standard === null || standard === undefined) return null;
    const { defaultsAreExpressions } = this.#options.queries;
    if (defaultsAreExpressions && standard === 'NULL') return null;
    const updated = /on update \S+/i.exec(extra)?.[0];
    const plain = !defaultsAreExpressions && !extra.includes('DEFAULT_GENERATED');
    const spelled = plain ? `'${String(standard).replaceAll("'", "''")}'` : String(standard);
    return updated === undefined ? spelled : `${spelled} ${updated}`;
  }

  #enum(table: Draft, column: string, values: readonly string[]): string {
    const own = `${table.name}_${column}`;
    const base = table.namespace === this.#options.defaultNamespace ? own : `${table.namespace}_${own}`;
    let name = base;
    for (let next = 2; this.#enums.has(name); next++) name = `${base}_${next}`;
    this.#enums.set(name, { name, namespace: table.namespace, values, comment: null });
    return name;
  }

  readKeys(indexes: readonly Row[], foreignKeys: readonly Row[]): void {
    for (const { table, name, rows } of grouped(indexes, this.#tables)) {
      // A key over a prefix of a text, or over an expression, is not a key over the columns.
      if (rows.some(([, , , column, prefix]) => column === null || prefix !== null)) continue;
      const columns = rows.map(([, , , column]) => String(column));
      if (!columns.every((column) => table.columns.has(column))) continue;
      if (name === 'PRIMARY') table.primaryKey = { name: `${table.name}_pkey`, columns };
      else table.uniqueKeys.push({ name, columns });
    }
    for (const { table, name, rows } of grouped(foreignKeys, this.#tables)) {
      const [first] = rows;
      const target = this.#tables.get(identity(first![4], first![5]));
      const columns = rows.map(([, , , column]) => String(column));
      const toColumns = rows.map((row) => String(row[6]));
      if (target === undefined || !columns.every((column) => table.columns.has(column))) continue;
      if (!toColumns.every((column) => target.columns.has(column))) continue;
      table.foreignKeys.push({
        name,
        columns,
        toNamespace: target.namespace,
        toTable: target.name,
        toColumns,
      });
    }
  }

  /** Assumes triggers where the user may not see them, and includes triggers on the tables below a view. */
  readTriggers(triggers: readonly Row[], rights: readonly Row[]): void {
    for (const [namespace, name, event] of triggers) {
      const kind = String(event).toLowerCase();
      const table = this.#tables.get(identity(namespace, name));
      if (kind === 'insert' || kind === 'update') table?.triggers.add(kind);
    }
    const isVisible = (table: Draft) =>
      rights.some(
        ([namespace, name]) =>
          namespace === null ||
          (matches(namespace, table.namespace) && (name === null || name === table.name)),
      );
    for (const table of this.#tables.values())
      if (table.kind === 'view' || !isVisible(table)) table.triggers.add('insert').add('update');
  }

  #report(table: Draft, column: string | null, reason: string): void {
    this.#issues.push({ namespace: table.namespace, table: table.name, column, reason });
  }

  facts(): Pick<SourceFacts, 'tables' | 'enums' | 'issues'> {
    const tables: TableFacts[] = [];
    for (const table of this.#tables.values()) {
      const {
        namespace,
        name,
        kind,
        comment,
        primaryKey,
        uniqueKeys,
        foreignKeys,
        checks,
        estimatedRows,
        writable,
        rights,
        triggers,
      } = table;
      const columns = [...table.columns.values()];
      if (columns.length === 0) {
        this.#report(table, null, 'The table has no columns that may be read: it is left out.');
        continue;
      }
      const constraints = checks.map((check) => ({
        name: check.name,
        columns: columns.map((column) => column.name).filter((column) => check.names.has(column)),
      }));
      const insertable = writable && rights.has('insert');
      const updatable = writable && rights.has('update');
      // Delete rights are not reported per column. A table that may be written is assumed to allow deletes.
      const deletable = insertable || updatable;
      tables.push({
        namespace,
        name,
        kind,
        comment,
        columns,
        primaryKey,
        uniqueKeys,
        foreignKeys,
        ...(constraints.length === 0 ? {} : { constraints }),
        insertable,
        updatable,
        deletable,
        ...(triggers.size === 0
          ? {}
          : { triggers: Object.fromEntries([...triggers].map((kind) => [kind, 'before'])) }),
        estimatedRows,
      });
    }
    return { tables, enums: [...this.#enums.values()], issues: this.#issues };
  }
}

/** Whether a right applies to a namespace, which the grant may name by a LIKE pattern. */
function matches(pattern: string | number | undefined, namespace: string): boolean {
  const parts = String(pattern).match(/\\.|[^\\]/gs) ?? [];
  const source = parts.map((part) =>
    part === '%' ? '.*' : part === '_' ? '.' : part.slice(-1).replace(/[^\w]/g, '\\$&'),
  );
  return new RegExp(`^${source.join('')}$`, 's').test(namespace);
}

/** Whether a view is writable. One over several tables is not: only a part of its row could be changed. */
function isWritable([, , updatable, definition]: Row): boolean {
  const bare = String(definition ?? '').replaceAll(/`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'/gs, '');
  return updatable === 'YES' && !/\bjoin\b/i.test(bare);
}

function nativeOf(row: Row): NativeColumn {
  const [
    ,
    ,
    ,
    dataType,
    columnType,
    ,
    ,
    ,
    ,
    characters,
    precision,
    scale,
    fraction,
    charset,
    collation,
    ,
    ,
    srid,
  ] = row;
  return {
    dataType: String(dataType).toLowerCase(),
    columnType: String(columnType),
    characters: numberOr(characters),
    precision: numberOr(precision),
    scale: numberOr(scale),
    fraction: numberOr(fraction),
    charset: textOr(charset),
    collation: textOr(collation),
    srid: textOr(srid),
  };
}

/** Neighbouring rows of one table and one name. */
function* grouped(rows: readonly Row[], tables: ReadonlyMap<string, Draft>) {
  let start = 0;
  for (let at = 1; at <= rows.length; at++) {
    const [first, row] = [rows[start]!, rows[at]];
    if (row !== undefined && row[0] === first[0] && row[1] === first[1] && row[2] === first[2]) continue;
    const table = tables.get(identity(first[0], first[1]));
    if (table !== undefined) yield { table, name: String(first[2]), rows: rows.slice(start, at) };
    start = at;
  }
}
