import { FozError } from '../core/index.ts';
import type { RunContext, Runner, RunResult, Statement } from '../plan/index.ts';
import { ended, endOfTransactionLimits, type Limits, limitsOf } from './watch.ts';

/** A transaction on one connection, which begins with its first statement. */
export interface Transaction extends Runner {
  /** Commits. Does nothing before the first statement. Rejects with a FozError when the database does not commit. */
  commit(): Promise<void>;
  /** Rolls back. Does nothing before the first statement. Never rejects: a connection on which it fails is not used again. */
  rollback(): Promise<void>;
}

/**
 * Runs `body` in a transaction and releases its connection: commits, or rolls back when `body` rejects or the request has
 * ended.
 */
export async function transact<T>(
  transaction: Transaction,
  mode: 'read' | 'write',
  context: RunContext,
  body: (runner: Runner) => Promise<T>,
  release: () => void,
): Promise<T> {
  const serial = new SerialRunner(transaction);
  let result: T;
  try {
    result = await body(serial);
    await serial.end();
    if (context.signal.aborted) throw ended(context.signal);
  } catch (error) {
    await serial.end();
    await transaction.rollback();
    release();
    throw error;
  }
  // The end of a read transaction cannot lose anything, so the caller does not wait for it.
  if (mode === 'read')
    void transaction
      .commit()
      .catch(() => {})
      .then(release);
  else await transaction.commit().finally(release);
  return result;
}

/** Runs statements one after the other, even when they are requested at once. After the end of the transaction it runs none. */
class SerialRunner implements Runner {
  readonly #transaction: Transaction;
  #last: Promise<unknown> = Promise.resolve();
  #over = false;

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    if (this.#over) return Promise.reject(new FozError('unexpected', 'The transaction is over.'));
    const result = this.#last.then(() => this.#transaction.run(statement, values, context));
    this.#last = result.catch(() => {});
    return result;
  }

  /** Waits for the statements that still run. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#last;
  }
}

/** The functions of an engine that run a transaction on one connection. */
export interface TransactionParts {
  /** Sends what begins the transaction. Absent: it goes along with the first statement. */
  begin?(limits: Limits): Promise<void>;
  /** `first`: nothing was sent before. Rejects with FozError. */
  run(statement: Statement, values: readonly unknown[], limits: Limits, first: boolean): Promise<RunResult>;
  commit(limits: Limits): Promise<void>;
  /** May reject: the connection must not be usable then. */
  rollback(limits: Limits): Promise<void>;
  toFozError(error: unknown): FozError;
  /** Whether an error ends the connection, so that nobody knows what became of a commit. */
  isEnding(error: unknown): boolean;
}

/** A transaction that begins with its first statement: one without statements costs the database nothing. */
export function transactionOf(parts: TransactionParts): Transaction {
  let begun = false;
  return {
    async run(statement, values, context) {
      const limits = limitsOf(context);
      const first = !begun;
      if (first && parts.begin !== undefined) await parts.begin(limits);
      begun = true;
      return parts.run(statement, values, limits, first);
    },
    async commit() {
      if (!begun) return;
      try {
        await parts.commit(endOfTransactionLimits(commitMs));
      } catch (error) {
        const failure = parts.toFozError(error);
        throw failure instanceof Unanswered || parts.isEnding(error) ? commitFailure(failure) : failure;
      }
    },
    async rollback() {
      if (begun) await parts.rollback(endOfTransactionLimits()).catch(() => {});
    },
  };
}

/** Error details of a write that may or may not be stored. */
const unknown = { outcome: 'unknown' } as const;

/** The connection ended after a statement was sent and before the database had answered it. */
export class Unanswered extends FozError {}

const reads = /^\s*(?:select|values|with|explain)\b/i;

/** Whether a statement only reads. */
export function isRead(text: string): boolean {
  return reads.test(text);
}

/** The error for a failed statement outside of a transaction: a write without a response may be stored. */
export function statementFailure(failure: FozError, text: string): FozError {
  if (!(failure instanceof Unanswered) || isRead(text)) return failure;
  const { code, message, internal } = failure;
  return new FozError(code, `${message} The write may or may not be stored.`, {
    details: unknown,
    internal,
    cause: failure,
  });
}

/** Milliseconds that a commit may take. */
export const commitMs = 30_000;

/** The error for a failed commit. */
export function commitFailure(failure: FozError): FozError {
  if (failure.code !== 'unavailable' && failure.code !== 'timeout') return failure;
  return new FozError(
    'unavailable',
    'The connection was lost during the commit: the write may or may not be stored.',
    { details: unknown, internal: failure.internal, cause: failure },
  );
}
