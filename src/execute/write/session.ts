import type { Column, Table } from '../../catalog/index.ts';
import { FozError, FozErrors, type SourceName } from '../../core/index.ts';
import {
  and,
  type Capabilities,
  type Connector,
  capacityFor,
  isAlways,
  type Labels,
  type Out,
  type Param,
  type Predicate,
  type RowCheck,
  type RunResult,
  resolveParam,
  type Select,
  type ValueCodec,
  type Write,
} from '../../plan/index.ts';
import { bindValues, type Running, runStatement, writeRows } from '../fetch.ts';
import { canonicalTuple } from '../keys.ts';
import { type ConnectorOf, prepareFetch } from '../prepare.ts';
import { compileWriter } from '../writer.ts';

/** A tuple of canonical values, one per key column. */
export type Tuple = readonly unknown[];

/** Statements of one source inside its transaction (or the only statement of a request, outside of one). */
export class WriteSession {
  readonly running: Running;
  readonly source: SourceName;
  readonly #connectorOf: ConnectorOf;

  constructor(connectorOf: ConnectorOf, running: Running, source: SourceName) {
    this.#connectorOf = connectorOf;
    this.running = running;
    this.source = source;
  }

  get connector(): Connector {
    return this.#connectorOf(this.source);
  }
  get capabilities(): Capabilities {
    return this.connector.capabilities;
  }

  /** Runs a write compiled for this request; `returned` holds canonical values of the returned columns. */
  async write(write: Write): Promise<{
    readonly affected: number;
    readonly returned: readonly Tuple[];
    readonly insertId: RunResult['insertId'];
  }> {
    const compiled = this.connector.compileWrite(write);
    const result = await this.running
      .runnerOf(this.source)
      .run(compiled.statement, bindValues(compiled.statement, this.running.bindings), this.running.context);
    const types = write.returning.map((column) => column.type);
    const returned = result.rows.map((row) => canonicalRow(row, compiled.shape.out, types));
    const affected = write.returning.length > 0 ? result.rows.length : result.affected;
    this.running.written?.push({ source: this.source, table: write.table.id, kind: write.kind, affected });
    return { affected, returned, insertId: result.insertId };
  }

  /** Canonical values of `columns` of all rows that pass, sorted by `order`. */
  async read(
    table: Table,
    columns: readonly Column[],
    where: Predicate,
    limit: number | null = null,
    order: readonly Column[] = [],
  ): Promise<Tuple[]> {
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
        descending: false,
        nulls: 'last',
      })),
      distinctOn: [],
      limit,
      offset: null,
      fields,
    };
    const fetch = prepareFetch(this.#connectorOf, this.source, { kind: 'rows', select });
    const { rows } = await runStatement(this.running, this.source, fetch.compiled.statement);
    const types = columns.map((column) => column.type);
    return rows.map((row) => canonicalRow(row, fetch.compiled.shape.out, types));
  }

  /** JSON texts of the rows with these keys, in the order of the keys; rows the role cannot see are missing. */
  async texts(select: Select, tuples: readonly Tuple[]): Promise<(string | undefined)[]> {
    if (tuples.length === 0) return [];
    const columns = keyColumns(select.table);
    const keys = this.keys(columns, tuples);
    const fetch = prepareFetch(this.#connectorOf, this.source, { kind: 'children', columns, keys, select });
    const { rows } = await runStatement(this.running, this.source, fetch.compiled.statement);
    const written = await writeRows(this.running, fetch, rows);
    const texts = new Array<string | undefined>(tuples.length);
    for (const [index, row] of rows.entries())
      texts[Number(row[fetch.compiled.shape.parent!])] = written[index]!;
    return texts;
  }

  /** Whether all rows with these keys pass. A row may be written several times. */
  async #pass(table: Table, tuples: readonly Tuple[], where: Predicate): Promise<boolean> {
    if (tuples.length === 0 || isAlways(where)) return true;
    const columns = keyColumns(table);
    const passing = await this.read(table, columns, and(this.among(columns, tuples), where));
    return passing.length >= new Set(tuples.map((tuple) => JSON.stringify(tuple))).size;
  }

  /** Throws where the role may not have written one of the rows like this. */
  async check(table: Table, tuples: readonly Tuple[], check: Predicate, path: string): Promise<void> {
    if (!(await this.#pass(table, tuples, check))) throw refusedByCheck(table, path);
  }

  /** Throws all rules that some written row breaks. */
  async validate(
    table: Table,
    tuples: readonly Tuple[],
    validations: readonly RowCheck[],
    path: string,
  ): Promise<void> {
    const broken: FozError[] = [];
    for (const { where, message } of validations) {
      if (!(await this.#pass(table, tuples, where)))
        broken.push(new FozError('data-exception', message, { path }));
    }
    if (broken.length > 0) throw broken.length === 1 ? broken[0]! : new FozErrors(broken);
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

  /** The value a parameter has in this request. */
  value(param: Param): unknown {
    return resolveParam(param, this.running.bindings);
  }
}

function canonicalRow(row: readonly unknown[], out: readonly Out[], types: readonly Column['type'][]): Tuple {
  return out.map((entry, index) => {
    const { index: at, codec } = entry as Extract<Out, { kind: 'value' }>;
    const wire = row[at];
    if (wire === null || wire === undefined) return null;
    const text = codec.text === undefined ? String(wire) : codec.text(wire);
    return canonicalTuple([text], [types[index]!])?.[0] ?? text;
  });
}

/** A row that the role may not have written like this. */
function refusedByCheck(table: Table, path: string): FozError {
  return new FozError(
    'permission-error',
    `The new row of ${table.name} does not pass the check of the role's permission.`,
    { path },
  );
}

/** The columns that tell rows of a table apart. Throws `not-supported` for a table without a key. */
export function keyColumns(table: Table): readonly Column[] {
  if (table.primaryKey === null) {
    throw new FozError(
      'not-supported',
      `${table.name} has no primary key, so the written rows cannot be read back: ask for affected_rows only, or declare a key.`,
    );
  }
  return table.primaryKey.columns;
}

/** The answer's rows can be written from the returned columns alone. */
export function isFlat(select: Select): boolean {
  return (
    isAlways(select.where) &&
    select.fields.every(
      (field) =>
        field.kind === 'constant' ||
        (field.kind === 'column' &&
          field.column.mask === null &&
          field.jsonPath === null &&
          (!field.labels || !field.column.type.array)),
    )
  );
}

/** Columns that a flat select names, each once. */
export function flatColumns(select: Select): Column[] {
  return [...new Set(select.fields.flatMap((field) => (field.kind === 'column' ? [field.column] : [])))];
}

/** An enum's labels leave under the names that the graph gives them. */
function named(codec: ValueCodec, labels: Labels | null | undefined): ValueCodec {
  if (labels === null || labels === undefined) return codec;
  const text = codec.text ?? String;
  return {
    ...codec,
    text: (value) => {
      const label = text(value);
      return labels.get(label) ?? label;
    },
  };
}

/** Writer of a flat select over the rows that a compiled write returns. */
export function flatWriter(
  select: Select,
  out: readonly Out[],
  returning: readonly Column[],
): (row: readonly unknown[]) => string {
  const fields = select.fields.map((field): Out => {
    if (field.kind === 'constant') return field;
    if (field.kind !== 'column') throw new TypeError('not flat');
    const value = out[returning.indexOf(field.column)] as Extract<Out, { kind: 'value' }>;
    return { ...value, key: field.key, codec: named(value.codec, field.labels) };
  });
  const { write } = compileWriter(fields);
  const nothing = { hops: [], fixed: [] };
  return (row) => write(row, 0, nothing);
}
