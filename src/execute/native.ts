import { FozError } from '../core/index.ts';
import type { Connector, NativeStatement, RunContext, Runner, RunResult } from '../plan/index.ts';

/** A statement in the engine's own SQL, as people write it. */
export interface NativeQuery {
  readonly text: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly mostRows: number;
}

/** The result of a statement. Its values are encoded as in the API. */
export interface NativeAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Rows written; of a statement that writes and returns rows, those that it returns where the engine counts no others. */
  readonly affected: number;
}

/** Binds the parameters of a statement. Throws FozError `not-supported` for an engine whose statements Foz does not take. */
export function bindNative(
  { engine, native }: Connector,
  { text, params }: Pick<NativeQuery, 'text' | 'params'>,
): NativeStatement {
  if (native === null)
    throw new FozError(
      'not-supported',
      `Foz runs no SQL that people write on a source of the kind ${engine}.`,
    );
  return native.bind(text, params);
}

/** Runs a bound statement within a transaction. */
export async function runNative(
  runner: Runner,
  { statement, values, isWrite }: NativeStatement,
  mostRows: number,
  context: RunContext,
): Promise<NativeAnswer> {
  const result = await runner.run(statement, values, context);
  if (result.withheld !== undefined) throw result.withheld;
  if (result.rows.length > mostRows)
    throw new FozError(
      'limit-exceeded',
      `The statement has returned ${result.rows.length} rows; at most ${mostRows} are allowed.`,
      { details: { rows: result.rows.length, limit: mostRows } },
    );
  const rows = rowsOf(result);
  return { rows, affected: isWrite ? result.affected || rows.length : 0 };
}

function rowsOf({ rows, columns = [] }: RunResult): readonly Readonly<Record<string, unknown>>[] {
  const names = columns.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw new FozError(
      'validation-failed',
      `Two columns of the result are called "${repeated}": name them apart with "as".`,
    );
  // Entries become properties of the object itself, whatever their names are.
  return rows.map((row) =>
    Object.fromEntries(
      columns.map(({ name, json }, index) => {
        const value = row[index];
        return [name, value === null || value === undefined ? null : json(value)];
      }),
    ),
  );
}
