import type { EnumFacts, FactIssue, SourceFacts, TableFacts, TableKind } from '../../catalog/index.ts';
import { grouped, identity, numberOr, type Row, textOr } from './catalog-rows.ts';
import { allowedValues, namesIn, validJson } from './checks.ts';
import { columnFacts } from './column-facts.ts';
import type { Queries } from './queries.ts';
import { factsOf, type ReadTable } from './read-table.ts';
import { unescaped } from './types.ts';

interface ReadingOptions {
  readonly defaultNamespace: string | null;
  readonly tinyInt1IsBool: boolean;
  readonly queries: Queries;
  wanted(namespace: string, table: string): boolean;
}

/** Views have no comment of their own. */
const kinds: Readonly<Record<string, TableKind>> = {
  'BASE TABLE': 'table',
  'SYSTEM VERSIONED': 'table',
  VIEW: 'view',
};

/** Builds table facts from the rows of the queries. */
export class TableFactsBuilder {
  readonly #options: ReadingOptions;
  readonly #tables = new Map<string, ReadTable>();
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
      const column = columnFacts(row, {
        ...this.#options,
        list: lists.get(id) ?? null,
        isJson: documents.has(id),
        enumOf: (values) => this.#enum(table, String(row[2]), values),
        report: (reason) => this.#report(table, String(row[2]), reason),
      });
      table.columns.set(column.name, column);
    }
  }

  #enum(table: ReadTable, column: string, values: readonly string[]): string {
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
    const isVisible = (table: ReadTable) =>
      rights.some(
        ([namespace, name]) =>
          namespace === null ||
          (matches(namespace, table.namespace) && (name === null || name === table.name)),
      );
    for (const table of this.#tables.values())
      if (table.kind === 'view' || !isVisible(table)) table.triggers.add('insert').add('update');
  }

  #report(table: ReadTable, column: string | null, reason: string): void {
    this.#issues.push({ namespace: table.namespace, table: table.name, column, reason });
  }

  facts(): Pick<SourceFacts, 'tables' | 'enums' | 'issues'> {
    const tables: TableFacts[] = [];
    for (const table of this.#tables.values()) {
      if (table.columns.size > 0) tables.push(factsOf(table));
      else this.#report(table, null, 'The table has no columns that may be read: it is left out.');
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
