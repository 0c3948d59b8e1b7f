import type { RunResult, Statement } from '../../plan/index.ts';
import { conflictOf } from './conflict-report.ts';
import { type DescribedColumn, resultColumn } from './result-columns.ts';
import type { Server } from './server.ts';
import type { Answer, WriteOutcome } from './session.ts';
import { isUpsert } from './template.ts';
import { checkWireFormat } from './wire-format.ts';

/**
 * The server's answer as a RunResult. Throws FozError `not-found` where the type of a column has changed since planning. For a write that is
 * already stored (`isStored`), the rows are withheld instead, so that the write is not repeated.
 */
export function resultOf(
  statement: Statement,
  { rows, columns, done, withheld }: Answer,
  server: Server,
  isStored = false,
): RunResult {
  if (withheld !== undefined) return { rows, affected: withheld.rows, withheld: withheld.reason };
  if (done === null) {
    const changed = checkWireFormat(statement, columns, rows);
    if (changed === null)
      return {
        ...{ rows, affected: 0 },
        ...(statement.describes === true && {
          columns: columns.map((column) => resultColumn(column as DescribedColumn)),
        }),
      };
    if (isStored) return { rows: [], affected: rows.length, withheld: changed };
    throw changed;
  }
  const insertId = String(done.insertId);
  const records = Number(/^Records: (\d+)/.exec(done.info)?.[1] ?? 1);
  const conflict = isUpsert(statement) ? conflictOf(insertId) : undefined;
  if (conflict !== undefined) return { rows, affected: 0, insertId: null, conflict };
  return {
    rows,
    affected: isUpsert(statement) ? upserted(done, records) : Number(done.affectedRows),
    // The other keys follow from the first one only if the keys of a statement are consecutive.
    insertId: insertId === '0' || (records > 1 && !server.consecutiveKeys) ? null : insertId,
  };
}

/** The number of upserted rows. The server counts an updated row twice, and an unchanged existing row once. */
function upserted({ affectedRows }: WriteOutcome, records: number): number {
  return records > 1 ? records : Math.min(1, Number(affectedRows));
}
