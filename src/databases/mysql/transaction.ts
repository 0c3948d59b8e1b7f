import { type Limits, type Transaction, transactionOf } from '../../sql/index.ts';
import { withConflict } from './conflict-report.ts';
import { isEnding, toFozError } from './errors.ts';
import type { Settings } from './options.ts';
import { resultOf } from './result.ts';
import type { Session } from './session.ts';
import { fill } from './template.ts';

/** The statements that begin a transaction on this server. */
export function beginTexts(
  mode: 'read' | 'write',
  session: Session,
  isolation: Settings['isolation'],
): readonly string[] {
  if (mode === 'write') {
    const level = isolation === null ? [] : [`set transaction isolation level ${isolation}`];
    return [...level, 'start transaction'];
  }
  const level = session.server.keepsSnapshot ? [] : ['set transaction isolation level repeatable read'];
  return [...level, 'start transaction with consistent snapshot, read only'];
}

/** One transaction on one connection. */
export function mysqlTransaction(session: Session, begin: readonly string[]): Transaction {
  /** Where no statement was sent, nothing has begun. */
  const end = async (text: 'commit' | 'rollback', limits: Limits) => {
    if (!session.inTransaction) return;
    await session.execute(text, limits);
    session.inTransaction = false;
  };
  return transactionOf({
    async run(statement, values, limits) {
      const text = fill(statement, values);
      try {
        if (!session.inTransaction) {
          session.inTransaction = true;
          for (const one of begin) await session.execute(one, limits);
        }
        const answer = await session.execute(text, limits);
        return resultOf(statement, await withConflict(session, statement, answer, limits), session.server);
      } catch (error) {
        throw toFozError(error, 'run', statement.text);
      }
    },
    commit: (limits) => end('commit', limits),
    rollback: (limits) => end('rollback', limits),
    toFozError: (error) => toFozError(error),
    isEnding,
  });
}
