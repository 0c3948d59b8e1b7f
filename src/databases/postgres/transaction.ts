import { FozError } from '../../core/index.ts';
import type { RunResult } from '../../plan/index.ts';
import { endOfTransactionLimits, type Limits, type Transaction, transactionOf } from '../../sql/index.ts';
import { isEnding, isMixedUp, isStale, toFozError } from './errors.ts';
import type { Answer } from './execution.ts';
import type { Settings } from './options.ts';
import type { Pooler } from './pooler.ts';

/** A connection as far as a transaction needs it. */
export interface Executes {
  execute(
    text: string,
    values: readonly (string | null)[],
    limits: Limits,
    lead?: string | null,
    describes?: boolean,
  ): Promise<Answer>;
}

/** The statement that begins a transaction. */
export function beginText(mode: 'read' | 'write', isolation: Settings['isolation']): string {
  if (mode === 'read') return 'begin isolation level repeatable read read only';
  return isolation === null ? 'begin' : `begin isolation level ${isolation}`;
}

/** One transaction on one connection. What begins it goes along with its first statement, in the same round trip. */
export function postgresTransaction(
  session: Executes,
  begin: string,
  pooler: Pick<Pooler, 'mixedUp'> | null = null,
): Transaction {
  const noteMixUp = (error: unknown) => {
    if (isMixedUp(error)) pooler?.mixedUp();
  };
  return transactionOf({
    async run({ text, describes }, values, limits, first) {
      const lead = first ? begin : null;
      const texts = values as readonly (string | null)[];
      try {
        return await session.execute(text, texts, limits, lead, describes);
      } catch (error) {
        noteMixUp(error);
        // The transaction is empty before its first statement, so it can begin again.
        if (isStale(error) && lead !== null) return restart(session, text, texts, limits, lead, describes);
        throw failure(error);
      }
    },
    async commit(limits) {
      let answer: Answer;
      try {
        answer = await session.execute('commit', [], limits);
      } catch (error) {
        noteMixUp(error);
        throw error;
      }
      if (answer.tag === 'ROLLBACK')
        throw new FozError(
          'unexpected',
          'The transaction was rolled back, because a statement in it had failed.',
        );
    },
    async rollback(limits) {
      await session.execute('rollback', [], limits);
    },
    toFozError: failure,
    isEnding,
  });
}

async function restart(
  session: Executes,
  text: string,
  values: readonly (string | null)[],
  limits: Limits,
  lead: string,
  describes: boolean | undefined,
): Promise<RunResult> {
  try {
    await session.execute('rollback', [], endOfTransactionLimits());
    return await session.execute(text, values, limits, lead, describes);
  } catch (error) {
    throw failure(error);
  }
}

/** The error of a transaction. An outdated prepared statement was not run but ended the transaction: nothing is stored, so it may be repeated. */
function failure(error: unknown): FozError {
  if (!isStale(error)) return toFozError(error);
  return new FozError(
    'conflict',
    'A prepared statement was not known to the server any more, so that the transaction was rolled back: try again.',
    { cause: error },
  );
}
