import type { FozError } from '../../core/index.ts';
import type { RunResult } from '../../plan/index.ts';
import { endOfTransactionLimits, type Limits, type Transaction, transactionOf } from '../../sql/index.ts';
import type { EngineProcess } from './process.ts';

/** Runs a statement in the process of a transaction. Rejects with a FozError. */
export type Execute = (
  text: string,
  values: readonly unknown[],
  limits: Limits,
  describes?: boolean,
) => Promise<RunResult>;

/** One transaction in one process. */
export function sqliteTransaction(engine: EngineProcess, execute: Execute, begin: string): Transaction {
  const send = async (text: string, limits: Limits) => {
    await execute(text, [], limits);
  };
  const rollback = async (limits: Limits) => {
    if (!engine.connected) return;
    await send('rollback', limits).catch(() => engine.kill());
  };
  return transactionOf({
    begin: (limits) => send(begin, limits),
    run: ({ text, describes }, values, limits) => execute(text, values, limits, describes),
    // After a failed commit SQLite leaves the transaction open, so it is rolled back here.
    commit: async (limits) => {
      try {
        await send('commit', limits);
      } catch (error) {
        await rollback(endOfTransactionLimits());
        throw error;
      }
    },
    rollback,
    toFozError: (error) => error as FozError,
    isEnding: () => false,
  });
}
