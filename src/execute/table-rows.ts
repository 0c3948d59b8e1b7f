import { randomInt, randomUUID } from 'node:crypto';
import { type Column, familyOf, type RowRule, type Table, wholeTable } from '../catalog/index.ts';
import { FozError, FozErrors, HeldBytes } from '../core/index.ts';
import {
  and,
  type Connector,
  type Predicate,
  planRuleWithin,
  type RunContext,
  type Runner,
} from '../plan/index.ts';
import { fetchTexts, type Running } from './fetch.ts';
import { prepareFetch } from './prepare.ts';
import { repeatedAfterConflict } from './repeated.ts';
import { DatabaseStage } from './write/database-stage.ts';
import { constant, WriteSession } from './write/session.ts';
import type { Tuple } from './write/stage.ts';

const timeoutMs = 60_000;
/** Most bytes of several rows that are read at once. */
const mostReadBytes = 64 * 1024 * 1024;
/** Most rows of one INSERT. */
const mostRows = 100;

export type { Tuple } from './write/stage.ts';

/** A write of one row. `seen`: the row as it was read. A row that differs from it by now is left alone. */
export type RowWrite =
  | { readonly kind: 'insert'; readonly key: Tuple; readonly values: ReadonlyMap<Column, unknown> }
  | {
      readonly kind: 'update';
      readonly key: Tuple;
      readonly values: ReadonlyMap<Column, unknown>;
      readonly seen: Tuple;
    }
  | { readonly kind: 'delete'; readonly key: Tuple; readonly seen: Tuple };

/** `written`: with the row as the database has stored it; `null`: it is deleted. `missed`: the row is not as it was seen. */
export type RowResult =
  | { readonly kind: 'written'; readonly row: Tuple | null }
  | { readonly kind: 'missed' }
  | { readonly kind: 'refused'; readonly reason: string };

export interface TableRowsOptions {
  readonly connector: Connector;
  readonly table: Table;
  /** The columns by which rows are found: unique together, and never null. */
  readonly key: readonly Column[];
  /** The columns that are read, those of the key first. */
  readonly columns: readonly Column[];
  /** The rows that are seen; others are as good as absent. */
  readonly filter: RowRule;
}

/** Rows of one table in canonical values, read and written by a key as whoever may do everything. All methods reject with FozError. */
export class TableRows {
  readonly columns: readonly Column[];
  readonly #options: TableRowsOptions;
  readonly #table: Table;
  readonly #filter: Predicate;

  constructor(options: TableRowsOptions) {
    this.#options = options;
    this.columns = options.columns;
    this.#table = wholeTable(options.table);
    this.#filter = planRuleWithin(options.filter);
  }

  /** The keys of the rows after a key, in their order. */
  page(after: Tuple | null, most: number, signal: AbortSignal): Promise<readonly Tuple[]> {
    const { key } = this.#options;
    const where = after === null ? this.#filter : and(this.#filter, behind(key, after));
    return this.#session(signal).read({ ...this.#lookup, columns: key }, where, most, key);
  }

  /** The rows with these keys, in any order. Rejects with `limit-exceeded` where several rows together have too many bytes. */
  async byKeys(keys: readonly Tuple[], signal: AbortSignal): Promise<readonly Tuple[]> {
    if (keys.length === 0) return [];
    const held = new HeldBytes(keys.length === 1 ? null : mostReadBytes);
    const session = this.#session(signal, this.#options.connector, held);
    return session.read(this.#lookup, and(this.#filter, session.among(this.#options.key, keys)));
  }

  async count(signal: AbortSignal): Promise<number> {
    const { connector } = this.#options;
    const fetch = prepareFetch(() => connector, this.#table.source.name, {
      kind: 'aggregate',
      aggregate: {
        ...{
          table: this.#table,
          where: this.#filter,
          orderBy: [],
          distinctOn: [],
          limit: null,
          offset: null,
        },
        parts: [
          {
            kind: 'aggregate',
            key: 'all',
            items: [{ kind: 'count', key: 'count', columns: [], distinct: false }],
          },
        ],
      },
    });
    const [text] = await fetchTexts(this.#running(signal), fetch);
    return Number(JSON.parse(text!).all.count);
  }

  /**
   * Writes rows in one transaction. If the database refuses one of them, each is written in a transaction of its own, so that the others are
   * stored. Resolves with one result per write.
   */
  async write(writes: readonly RowWrite[], signal: AbortSignal): Promise<readonly RowResult[]> {
    if (writes.length === 0) return [];
    try {
      return await this.#transaction(writes, signal);
    } catch (error) {
      if (!isOfRows(error)) throw error;
      if (writes.length === 1) return [{ kind: 'refused', reason: messageOf(error) }];
    }
    // Rows that exchange the values of a unique column can only be written together.
    if (writes.some((write) => this.#exchanged(write).size > 0))
      try {
        return await this.#transaction(writes, signal, true);
      } catch (error) {
        if (!isOfRows(error)) throw error;
      }
    const results: RowResult[] = [];
    for (const write of writes) results.push((await this.write([write], signal))[0]!);
    return results;
  }

  #transaction(
    writes: readonly RowWrite[],
    signal: AbortSignal,
    isExchange = false,
  ): Promise<readonly RowResult[]> {
    const { connector } = this.#options;
    const { context } = this.#running(signal);
    return repeatedAfterConflict(context, () =>
      connector.transaction('write', context, (runner) =>
        this.#run(this.#session(signal, runner), writes, isExchange),
      ),
    );
  }

  async #run(
    session: WriteSession,
    writes: readonly RowWrite[],
    isExchange: boolean,
  ): Promise<readonly RowResult[]> {
    const table = this.#table;
    const missed = new Set<RowWrite>();
    // Deletes come first: they may free the values of unique columns.
    for (const write of writes)
      if (write.kind === 'delete') {
        const where = this.#asSeen(session, write);
        const { affected } = await session.write({ kind: 'delete', table, where, returning: [] });
        if (affected === 0) missed.add(write);
      }
    const updates = writes.filter((write) => write.kind === 'update');
    const vacated = new Set<RowWrite>();
    if (isExchange)
      for (const write of updates) {
        const values = this.#exchanged(write);
        if (values.size === 0) continue;
        if (await this.#update(session, values, this.#asSeen(session, write))) vacated.add(write);
        else missed.add(write);
      }
    for (const write of updates) {
      if (missed.has(write)) continue;
      const where = vacated.has(write)
        ? session.among(this.#options.key, [write.key])
        : this.#asSeen(session, write);
      if (!(await this.#update(session, write.values, where))) missed.add(write);
    }
    await this.#insert(
      session,
      writes.filter((write) => write.kind === 'insert'),
    );
    const stored = await this.#readBack(
      session,
      writes.filter((write) => write.kind !== 'delete' && !missed.has(write)),
    );
    return writes.map((write) =>
      missed.has(write)
        ? { kind: 'missed' }
        : { kind: 'written', row: write.kind === 'delete' ? null : stored.get(identityOf(write.key))! },
    );
  }

  /** Resolves with whether there was such a row. */
  async #update(
    session: WriteSession,
    values: ReadonlyMap<Column, unknown>,
    where: Predicate,
  ): Promise<boolean> {
    const set = [...values].map(([column, value]) => ({
      ...{ kind: 'set' as const, column },
      value: constant(column, value, `$.${column.name}`),
    }));
    const write = { kind: 'update', table: this.#table, set, where, returning: [] } as const;
    return (await session.write(write)).affected > 0;
  }

  /** The unique values that an update changes, with others that stand for them until all rows have let go of theirs. */
  #exchanged(write: RowWrite): ReadonlyMap<Column, unknown> {
    if (write.kind !== 'update') return new Map();
    const { columns, table } = this.#options;
    const unique = new Set(table.keys.flatMap((key) => key.columns));
    return new Map(
      [...write.values]
        .filter(
          ([column, value]) =>
            unique.has(column) && String(value) !== String(write.seen[columns.indexOf(column)]),
        )
        .flatMap(([column]) => {
          const value = standIn(column);
          return value === undefined ? [] : [[column, value]];
        }),
    );
  }

  async #insert(session: WriteSession, writes: readonly Extract<RowWrite, { kind: 'insert' }>[]) {
    const [first] = writes;
    if (first === undefined) return;
    const columns = [...first.values.keys()];
    const { mostParameters, mostRows: most } = session.capabilities;
    const perStatement = Math.max(
      1,
      Math.min(mostRows, most ?? mostRows, Math.floor((mostParameters ?? 30_000) / columns.length)),
    );
    for (let at = 0; at < writes.length; at += perStatement) {
      const rows = writes
        .slice(at, at + perStatement)
        .map(({ values }) =>
          columns.map((column) => constant(column, values.get(column) ?? null, `$.${column.name}`)),
        );
      await session.write({
        ...{ kind: 'insert', table: this.#table, columns, rows },
        ...{ onConflict: null, returning: [] },
      });
    }
  }

  /** The rows as they are stored, by their keys. Throws where one is not among those that are seen. */
  async #readBack(session: WriteSession, writes: readonly RowWrite[]): Promise<Map<string, Tuple>> {
    const { key } = this.#options;
    if (writes.length === 0) return new Map();
    const keys = writes.map((write) => write.key);
    const rows = await session.read(this.#lookup, and(this.#filter, session.among(key, keys)));
    const stored = new Map(rows.map((row) => [identityOf(row.slice(0, key.length)), row]));
    for (const one of keys)
      if (!stored.has(identityOf(one)))
        throw new FozError(
          'constraint-violation',
          `${this.#table.id}: the database has stored the row under another key, or it does not pass the filter of this side.`,
        );
    return stored;
  }

  /** The row with the key, if the values that the database can compare are those that were seen. */
  #asSeen(session: WriteSession, { key, seen }: Extract<RowWrite, { kind: 'update' | 'delete' }>): Predicate {
    const { columns, key: keyColumns } = this.#options;
    const same = columns.slice(keyColumns.length).flatMap((column, at): Predicate[] => {
      const value = seen[at + keyColumns.length];
      if (value === null) return [{ kind: 'is null', column, negated: false }];
      if (!isComparable(column)) return [];
      return [{ kind: 'compare', column, op: '_eq', value: comparand(column, value) }];
    });
    return and(this.#filter, session.among(keyColumns, [key]), ...same);
  }

  get #lookup() {
    return { purpose: { kind: 'targets' }, table: this.#table, columns: this.columns } as const;
  }

  #session(signal: AbortSignal, runner: Runner = this.#options.connector, held?: HeldBytes): WriteSession {
    const { connector } = this.#options;
    const source = this.#table.source.name;
    const { context, ...rest } = this.#running(signal);
    const running = { ...rest, context: { ...context, held }, runnerOf: () => runner };
    return new WriteSession(() => connector, source, new DatabaseStage(running, source));
  }

  #running(signal: AbortSignal): Running {
    const end = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const context: RunContext = { signal: end, timeoutMs };
    return {
      bindings: { variables: {}, session: new Map(), steps: [], parents: null },
      context,
      runnerOf: () => this.#options.connector,
    };
  }
}

/** A value that hardly any row has. `undefined`: a column of this type has none. */
function standIn({ nullable, type }: Column): unknown {
  if (nullable) return null;
  if (type.array) return undefined;
  switch (familyOf(type.scalar)) {
    case 'text':
    case 'uuid':
      return randomUUID();
    case 'integer':
    case 'decimal': {
      const value = -randomInt(1, type.scalar === 'smallint' ? 2 ** 15 : 2 ** 31);
      return type.scalar === 'smallint' || type.scalar === 'int' ? value : String(value);
    }
    default:
      return undefined;
  }
}

const comparable: ReadonlySet<string> = new Set([
  ...['boolean', 'integer', 'decimal', 'text', 'uuid', 'date', 'time', 'timestamp', 'enum'],
]);

/** Whether each value of the column equals itself in the database. */
function isComparable({ type }: Column): boolean {
  return !type.array && comparable.has(familyOf(type.scalar));
}

/** A value of a row as the operand of a comparison. */
function comparand(column: Column, value: unknown) {
  const { column: _, ...param } = constant(column, value, '$');
  return { ...param, stored: true };
}

/** The rows behind a key, in the order of the keys. */
function behind(columns: readonly Column[], after: Tuple): Predicate {
  return {
    kind: 'or',
    of: columns.map((column, at) =>
      and(
        ...columns.slice(0, at).map(
          (equal, index): Predicate => ({
            ...{ kind: 'compare', column: equal, op: '_eq', value: comparand(equal, after[index]) },
          }),
        ),
        { kind: 'compare', column, op: '_gt', value: comparand(column, after[at]) },
      ),
    ),
  };
}

function identityOf(key: Tuple): string {
  return JSON.stringify(key.map(String));
}

const codesOfRows: ReadonlySet<string> = new Set([
  ...['constraint-violation', 'data-exception', 'validation-failed', 'permission-error'],
  ...['access-denied', 'not-supported', 'unexpected'],
]);

/** Whether an error is about the rows, not about the database as a whole. */
function isOfRows(error: unknown): boolean {
  if (error instanceof FozErrors) return error.errors.every(isOfRows);
  return error instanceof FozError && codesOfRows.has(error.code);
}

function messageOf(error: unknown): string {
  const { message, internal } = (error instanceof FozErrors ? error.errors[0]! : error) as FozError;
  return internal === undefined || internal === message ? message : `${message} (${internal})`;
}
