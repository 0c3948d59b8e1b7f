import { FozError } from '../../core/index.ts';
import type { RunContext, RunResult, Statement } from '../../plan/index.ts';
import {
  commitFailure,
  commitMs,
  grace,
  type Limits,
  limitsOf,
  type Transaction,
  Unanswered,
} from '../../sql/index.ts';
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
  ): Promise<Answer>;
}

/** How a transaction starts. */
export function beginText(mode: 'read' | 'write', isolation: Settings['isolation']): string {
  if (mode === 'read') return 'begin isolation level repeatable read read only';
  return isolation === null ? 'begin' : `begin isolation level ${isolation}`;
}

/** One transaction on one connection. It starts with its first statement, in the same round trip. */
export class PostgresTransaction implements Transaction {
  readonly #session: Executes;
  readonly #begin: string;
  readonly #pooler: Pick<Pooler, 'mixedUp'> | null;
  #begun = false;

  constructor(session: Executes, begin: string, pooler: Pick<Pooler, 'mixedUp'> | null = null) {
    this.#session = session;
    this.#begin = begin;
    this.#pooler = pooler;
  }

  async run({ text }: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const limits = limitsOf(context);
    const lead = this.#begun ? null : this.#begin;
    this.#begun = true;
    const texts = values as readonly (string | null)[];
    try {
      return await this.#session.execute(text, texts, limits, lead);
    } catch (error) {
      if (isMixedUp(error)) this.#pooler?.mixedUp();
      // Nothing stands in the transaction before its first statement, so that it can begin anew.
      if (isStale(error) && lead !== null) return await this.#restart(text, texts, limits, lead);
      throw failure(error);
    }
  }

  async #restart(
    text: string,
    values: readonly (string | null)[],
    limits: Limits,
    lead: string,
  ): Promise<RunResult> {
    try {
      await this.#session.execute('rollback', [], grace());
      return await this.#session.execute(text, values, limits, lead);
    } catch (error) {
      throw failure(error);
    }
  }

  async commit(): Promise<void> {
    if (!this.#begun) return;
    let answer: Answer;
    try {
      answer = await this.#session.execute('commit', [], grace(commitMs));
    } catch (error) {
      if (isMixedUp(error)) this.#pooler?.mixedUp();
      const told = failure(error);
      throw error instanceof Unanswered || isEnding(error) ? commitFailure(told) : told;
    }
    if (answer.tag === 'ROLLBACK')
      throw new FozError(
        'unexpected',
        'The transaction was rolled back, because a statement in it had failed.',
      );
  }

  async rollback(): Promise<void> {
    if (this.#begun) await this.#session.execute('rollback', [], grace()).catch(() => {});
  }
}

/** A statement that was not run because its prepared form is out of date has ended the transaction, with nothing stored: it may be done again. */
function failure(error: unknown): FozError {
  if (!isStale(error)) return toFozError(error);
  return new FozError(
    'conflict',
    'A prepared statement was not known to the server any more, so that the transaction was rolled back: try again.',
    { cause: error },
  );
}
