import { type Column, type Table, wholeTable } from '../../catalog/index.ts';
import { FozError, FozErrors, type SourceName } from '../../core/index.ts';
import {
  always,
  and,
  type Capabilities,
  type Connector,
  capacityFor,
  isAlways,
  type Param,
  type Predicate,
  type RowCheck,
  type Select,
  type Write,
} from '../../plan/index.ts';
import { type ConnectorOf, prepareFetch } from '../prepare.ts';
import { FutureValue } from './future-value.ts';
import type { Lookup, Stage, Tuple, WriteResult } from './stage.ts';
import { movedKey } from './triggers.ts';

/** Keys of rows that were written. */
export interface WrittenRows {
  readonly table: Table;
  readonly tuples: readonly Tuple[];
  /** `written`: new or changed. */
  readonly rows: 'new' | 'changed' | 'written';
}

/**
 * Compiles the statements of one mutation field in order and passes them to a stage, which runs them in the transaction of their source or
 * collects them for explain.
 */
export class WriteSession {
  readonly source: SourceName;
  readonly #connectorOf: ConnectorOf;
  readonly #stage: Stage;

  constructor(connectorOf: ConnectorOf, source: SourceName, stage: Stage) {
    this.#connectorOf = connectorOf;
    this.source = source;
    this.#stage = stage;
  }

  get connector(): Connector {
    return this.#connectorOf(this.source);
  }
  get capabilities(): Capabilities {
    return this.connector.capabilities;
  }

  write(write: Write): Promise<WriteResult> {
    return this.#stage.write(write, this.connector.compileWrite(write));
  }

  /** Canonical values of `columns` of all rows that satisfy `where`, sorted by `order`. */
  read(
    lookup: Lookup,
    where: Predicate,
    limit: number | null = null,
    order: readonly Column[] = [],
    descending = false,
  ): Promise<readonly Tuple[]> {
    const { table, columns } = lookup;
    const fields = columns.map((column, index) => ({
      kind: 'column' as const,
      key: `k${index}`,
      column,
      jsonPath: null,
    }));
    const select: Select = {
      table,
      where,
      orderBy: order.map((column) => ({
        kind: 'column',
        path: [],
        column,
        descending,
        nulls: 'last',
      })),
      distinctOn: [],
      limit,
      offset: null,
      fields,
    };
    const fetch = prepareFetch(this.#connectorOf, this.source, { kind: 'rows', select });
    return this.#stage.read(lookup, fetch);
  }

  /**
   * JSON texts of the rows with these keys, in the order of the keys; rows that the role cannot see are missing. Throws where a row does not
   * exist at all.
   */
  async texts(select: Select, tuples: readonly Tuple[]): Promise<readonly (string | undefined)[]> {
    if (tuples.length === 0) return [];
    const columns = keyColumns(select.table);
    const keys = this.keys(columns, tuples);
    const fetch = prepareFetch(this.#connectorOf, this.source, { kind: 'children', columns, keys, select });
    const texts = await this.#stage.texts(select.table, fetch, tuples);
    const unseen = tuples.filter((_, at) => texts[at] === undefined);
    await this.#confirm(wholeTable(select.table), unseen, texts.length > 0 && unseen.length > 0);
    return texts;
  }

  /** Whether all rows with these keys satisfy `where`. A key may occur several times. */
  async #pass({ table, tuples, rows }: WrittenRows, where: Predicate, rule: string | null): Promise<boolean> {
    if (tuples.length === 0 || isAlways(where)) return true;
    const columns = keyColumns(table);
    const purpose = { kind: 'passing', rows, rule, of: tuples.length } as const;
    const passing = await this.read({ purpose, table, columns }, and(this.among(columns, tuples), where));
    const isShort = passing.length < distinctCount(tuples);
    await this.#confirm(table, tuples, isShort);
    return !isShort;
  }

  /** Where a read by key lacks written rows, checks that they are stored. A rehearsal always collects the statement of that check. */
  async #confirm(table: Table, tuples: readonly Tuple[], isShort: boolean): Promise<void> {
    if (isShort) return this.mustBeStored(table, tuples);
    if (!this.#stage.isRehearsal) return;
    const columns = keyColumns(table);
    await this.read({ purpose: { kind: 'lacking' }, table, columns }, this.among(columns, tuples));
  }

  /** Whether rows with all of these keys exist. */
  async areStored({ table, columns }: Rows, tuples: readonly Tuple[]): Promise<boolean> {
    const lookup = { purpose: { kind: 'stored' }, table, columns } as const;
    const found = await this.read(lookup, this.among(columns, tuples));
    return found.length >= distinctCount(tuples);
  }

  /** Whether a row with any of these keys exists. */
  async areAnyStored({ table, columns }: Rows, tuples: readonly Tuple[]): Promise<boolean> {
    const lookup = { purpose: { kind: 'stored' }, table, columns } as const;
    return (await this.read(lookup, this.among(columns, tuples), 1)).length > 0;
  }

  /** The highest value of a column; `null`: the table is empty. */
  async highest(table: Table, column: Column): Promise<unknown> {
    const lookup = { purpose: { kind: 'highest' }, table, columns: [column] } as const;
    const [row] = await this.read(lookup, always, 1, [column], true);
    return row?.[0] ?? null;
  }

  /** Throws where a written row is not stored under its known key. */
  async mustBeStored(table: Table, tuples: readonly Tuple[]): Promise<void> {
    if (!(await this.areStored({ table, columns: keyColumns(table) }, tuples))) throw movedKey(table);
  }

  /** Values of the rows by their key, one entry per tuple; `undefined` where there is no such row. */
  async rowsBy(
    table: Table,
    key: readonly Column[],
    tuples: readonly Tuple[],
    needed: readonly Column[],
  ): Promise<readonly (Map<Column, unknown> | undefined)[]> {
    if (tuples.length === 0) return [];
    const columns = [...new Set([...key, ...needed])];
    const lookup = { purpose: { kind: 'back', of: tuples.length }, table, columns } as const;
    const rows = await this.read(lookup, this.among(key, tuples));
    const found = rows.map((row) => new Map(columns.map((column, at) => [column, row[at]])));
    if (tuples.length === 1) return [found[0]];
    if (tuples[0]!.some((value) => value instanceof FutureValue)) return found;
    const byKey = new Map(found.map((row) => [JSON.stringify(key.map((column) => row.get(column))), row]));
    // A key may be stored in another spelling than the given one. Such rows are looked up one by one.
    return Promise.all(
      tuples.map(
        async (tuple) =>
          byKey.get(JSON.stringify(tuple)) ?? (await this.rowsBy(table, key, [tuple], needed))[0],
      ),
    );
  }

  /** As `rowsBy`; throws where a row is missing. */
  async storedBy(
    table: Table,
    key: readonly Column[],
    tuples: readonly Tuple[],
    needed: readonly Column[],
  ): Promise<Map<Column, unknown>[]> {
    const found = await this.rowsBy(table, key, tuples, needed);
    if (found.includes(undefined)) throw movedKey(table);
    return found as Map<Column, unknown>[];
  }

  /** Columns of the conflicting row, from the session variables in which the last insert with `unless` stored them. */
  async conflictingRow(table: Table, columns: readonly Column[]): Promise<Tuple> {
    const compiled = this.connector.compileConflictingRow(table, columns);
    const [tuple] = await this.#stage.conflictingRow(
      { purpose: { kind: 'conflicting row' }, table, columns },
      compiled,
    );
    return tuple!;
  }

  /** Runs `body` after a savepoint, and rolls back to it unless `keep` accepts the result. */
  attempt<T>(body: () => Promise<T>, keep: (result: T) => boolean): Promise<T> {
    return this.#stage.attempt(this.connector.savepoint, body, keep);
  }

  /** Throws where a written row breaks the check of the role's permission. */
  async check(written: WrittenRows, check: Predicate, path: string): Promise<void> {
    if (!(await this.#pass(written, check, null))) throw refusedByCheck(written.table, path);
  }

  /** Throws an error for each rule that a written row breaks. */
  async validate(written: WrittenRows, validations: readonly RowCheck[], path: string): Promise<void> {
    const broken: FozError[] = [];
    for (const { where, message } of validations) {
      if (!(await this.#pass(written, where, message)))
        broken.push(new FozError('data-exception', message, { path }));
    }
    if (broken.length > 0) throw broken.length === 1 ? broken[0]! : new FozErrors(broken);
  }

  /** Runs `body`. Explain lists its statements under the title. */
  within<T>(title: string, body: () => Promise<T>): Promise<T> {
    return this.#stage.within(title, body);
  }

  among(columns: readonly Column[], tuples: readonly Tuple[]): Predicate {
    return { kind: 'in keys', columns, keys: this.keys(columns, tuples) };
  }

  keys(columns: readonly Column[], tuples: readonly Tuple[]): Param {
    const keyTypes = columns.map((column) => column.type);
    const capacity = this.capabilities.listsByCapacity ? capacityFor(tuples.length) : undefined;
    return {
      type: keyTypes[0]!,
      shape: 'keys',
      keyTypes,
      source: { kind: 'constant', value: tuples },
      path: '$',
      capacity,
    };
  }

  /** The value of a parameter in this request. */
  value(param: Param): unknown {
    return this.#stage.value(param);
  }
}

interface Rows {
  readonly table: Table;
  readonly columns: readonly Column[];
}

function distinctCount(tuples: readonly Tuple[]): number {
  return tuples.length < 2 ? tuples.length : new Set(tuples.map((tuple) => JSON.stringify(tuple))).size;
}

/** A parameter for a value that is known only while the write runs. */
export function constant(column: Column, value: unknown, path: string): Param {
  return { type: column.type, shape: 'value', source: { kind: 'constant', value }, path, column };
}

/** The error for a written row that breaks the check of the role's permission. */
function refusedByCheck(table: Table, path: string): FozError {
  return new FozError(
    'permission-error',
    `The new row of ${table.name} does not pass the check of the role's permission.`,
    { path },
  );
}

/** The columns of the primary key. Throws `not-supported` for a table without a key. */
export function keyColumns(table: Table): readonly Column[] {
  if (table.primaryKey === null) {
    throw new FozError(
      'not-supported',
      `${table.name} has no primary key, so the written rows cannot be read back: ask for affected_rows only, or declare a key.`,
    );
  }
  return table.primaryKey.columns;
}
