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
import { isEnding, isStale, toFozError } from './errors.ts';
import type { Answer } from './execution.ts';
import type { Settings } from './options.ts';

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
  #begun = false;

  constructor(session: Executes, begin: string) {
    this.#session = session;
    this.#begin = begin;
  }

  async run({ text }: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const limits = limitsOf(context);
    const lead = this.#begun ? null : this.#begin;
    this.#begun = true;
    try {
      return await this.#session.execute(text, values as readonly (string | null)[], limits, lead);
    } catch (error) {
      if (isStale(error))
        throw new FozError('conflict', 'The schema of the database changed while the transaction ran.', {
          cause: error,
        });
      throw toFozError(error);
    }
  }

  async commit(): Promise<void> {
    if (!this.#begun) return;
    let answer: Answer;
    try {
      answer = await this.#session.execute('commit', [], grace(commitMs));
    } catch (error) {
      const failure = toFozError(error);
      throw error instanceof Unanswered || isEnding(error) ? commitFailure(failure) : failure;
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
