import type { Statement } from '../../plan/index.ts';
import { type Limits, type Sql, sql } from '../../sql/index.ts';
import type { Answer, Session } from './session.ts';
import { reportsConflict } from './template.ts';

/** The key by which a row stood in the way of an insert. */
type Conflict = 'key' | 'moved' | 'other';
const conflicts: readonly Conflict[] = ['key', 'moved', 'other'];

/** Reports begin above this number, which no AUTO_INCREMENT key reaches. */
const base = 9_151_314_442_816_847_872n;

/**
 * An expression that reports a conflict as LAST_INSERT_ID(). Each report of a session has another number, so that the one of an earlier
 * statement is not taken for that of this one. `isSame`: the conflict is about the conflict target. `isGiven`: its key is the given one.
 */
export function conflictReport(isSame: Sql, isGiven: Sql | null): Sql {
  const kind = isGiven === null ? sql`0` : sql`if(${isGiven}, 0, 1)`;
  return sql`last_insert_id(${sql.integer(base)} + 3 * (@foz_conflicts := cast(coalesce(@foz_conflicts, 0) as signed) + 1) + if(${isSame}, ${kind}, 2))`;
}

/** The conflict that a number reports; `undefined`: it is a key. */
export function conflictOf(insertId: string): Conflict | undefined {
  if (insertId.length < 19) return undefined;
  const above = BigInt(insertId) - base;
  return above < 0n ? undefined : conflicts[Number(above % 3n)];
}

/**
 * The answer to a statement, with the conflict that it reports. Where a trigger of the update writes rows of its own, the server answers without
 * LAST_INSERT_ID(), but the session still has it.
 */
export async function withConflict(
  session: Session,
  statement: Statement,
  answer: Answer,
  limits: Limits,
): Promise<Answer> {
  const { done } = answer;
  if (done === null || !reportsConflict(statement)) return answer;
  let insertId = String(done.insertId);
  if (insertId === '0') {
    const [row] = (await session.execute('select last_insert_id()', limits)).rows;
    insertId = String(row![0]);
    if (insertId === session.lastReport) return answer;
  }
  if (conflictOf(insertId) === undefined) return answer;
  session.lastReport = insertId;
  return { ...answer, done: { ...done, insertId } };
}
