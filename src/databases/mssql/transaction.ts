import { endOfTransactionLimits, type Transaction, transactionOf } from '../../sql/index.ts';
import { isEnding, toFozError } from './errors.ts';
import type { Settings } from './options.ts';
import type { Session } from './session.ts';

/** The level of statements outside of transactions. A level that a transaction sets stays on the connection after it. */
const usual = 'read committed';

/** The statements that begin a transaction. `hasSnapshot`: the database allows SNAPSHOT, whose reads are all of one moment. */
export function beginText(
  mode: 'read' | 'write',
  isolation: Settings['isolation'],
  hasSnapshot: boolean,
): string {
  const level = mode === 'read' ? (hasSnapshot ? 'snapshot' : usual) : (isolation ?? usual);
  return `set transaction isolation level ${level}; begin transaction`;
}

/** One transaction on one connection. */
export function mssqlTransaction(session: Session, begin: string): Transaction {
  return transactionOf({
    begin: async (limits) => {
      try {
        await session.batch(begin, limits);
      } catch (error) {
        throw toFozError(error);
      }
    },
    async run({ text }, values, limits) {
      try {
        return await session.execute(text, values as readonly (string | null)[], limits);
      } catch (error) {
        throw toFozError(error);
      }
    },
    async commit(limits) {
      await session.batch('commit', limits);
      await session.batch(`set transaction isolation level ${usual}`, endOfTransactionLimits());
    },
    async rollback(limits) {
      if (!session.connected) return;
      // A deadlock has rolled the transaction back already (error 3903).
      await session.batch('if @@trancount > 0 rollback', limits);
      await session.batch(`set transaction isolation level ${usual}`, limits);
    },
    toFozError,
    isEnding,
  });
}
