import type { Column, Table } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import {
  type Compiled,
  type OutputField,
  type Param,
  resolveParam,
  type Savepoint,
  type Write,
} from '../../plan/index.ts';
import { bindValues, type Running, runStatement, writeRows } from '../fetch.ts';
import { canonicalTuple } from '../gather-keys.ts';
import type { PreparedFetch } from '../prepare.ts';
import type { Lookup, Stage, Tuple, WriteResult } from './stage.ts';

/** Runs the statements of a write in the transaction of their source. */
export class DatabaseStage implements Stage {
  readonly isRehearsal = false;
  readonly #running: Running;
  readonly #source: SourceName;

  constructor(running: Running, source: SourceName) {
    this.#running = running;
    this.#source = source;
  }

  async write(write: Write, { statement, shape }: Compiled): Promise<WriteResult> {
    const { bindings, context, runnerOf, written } = this.#running;
    const result = await runnerOf(this.#source).run(statement, bindValues(statement, bindings), context);
    const returned = result.rows.map((row) => canonicalRow(row, shape.out, write.returning));
    const affected = write.returning.length > 0 ? result.rows.length : result.affected;
    const { insertId, conflict = null } = result;
    if (conflict === null)
      written?.push({ source: this.#source, table: write.table.id, kind: write.kind, affected });
    const at = shape.changed;
    const changed = at === undefined ? {} : { changed: result.rows.map((row) => String(row[at]) === '1') };
    const generated =
      insertId === null || insertId === undefined
        ? null
        : (column: Column, row: number) => generatedKey(column, insertId, row);
    return { affected, returned, generated, conflict, ...changed };
  }

  async read({ columns }: Lookup, { compiled }: PreparedFetch): Promise<Tuple[]> {
    const { rows } = await runStatement(this.#running, this.#source, compiled.statement);
    return rows.map((row) => canonicalRow(row, compiled.shape.out, columns));
  }

  conflictingRow({ columns }: Lookup, { statement, shape }: Compiled): Promise<Tuple[]> {
    return runStatement(this.#running, this.#source, statement).then(({ rows }) =>
      rows.map((row) => canonicalRow(row, shape.out, columns)),
    );
  }

  async attempt<T>(
    { set, undo, release }: Savepoint,
    body: () => Promise<T>,
    keep: (result: T) => boolean,
  ): Promise<T> {
    await runStatement(this.#running, this.#source, set);
    const before = this.#running.written?.length ?? 0;
    const result = await body();
    if (!keep(result)) {
      await runStatement(this.#running, this.#source, undo);
      if (this.#running.written !== undefined) this.#running.written.length = before;
    }
    if (release !== null) await runStatement(this.#running, this.#source, release);
    return result;
  }

  async texts(
    _table: Table,
    fetch: PreparedFetch,
    tuples: readonly Tuple[],
  ): Promise<(string | undefined)[]> {
    const { rows } = await runStatement(this.#running, this.#source, fetch.compiled.statement);
    const written = await writeRows(this.#running, fetch, rows);
    const texts = new Array<string | undefined>(tuples.length);
    for (const [index, row] of rows.entries())
      texts[Number(row[fetch.compiled.shape.parent!])] = written[index]!;
    return texts;
  }

  value(param: Param): unknown {
    return resolveParam(param, this.#running.bindings);
  }

  within<T>(_title: string, body: () => Promise<T>): Promise<T> {
    return body();
  }
}

function generatedKey(column: Column, first: string | number | bigint, row: number): unknown {
  const reported = BigInt(first) + BigInt(row);
  // The server reports a negative key as an unsigned number.
  const value = column.type.scalar === 'numeric' || reported < 2n ** 63n ? reported : reported - 2n ** 64n;
  return column.type.scalar === 'bigint' || column.type.scalar === 'numeric'
    ? value.toString()
    : Number(value);
}

function canonicalRow(
  row: readonly unknown[],
  out: readonly OutputField[],
  columns: readonly Column[],
): Tuple {
  return out.map((entry, index) => {
    const { index: at, codec } = entry as Extract<OutputField, { kind: 'value' }>;
    const wire = row[at];
    if (wire === null || wire === undefined) return null;
    const text = codec.text === undefined ? String(wire) : codec.text(wire);
    return canonicalTuple([text], [columns[index]!.type])?.[0] ?? text;
  });
}
