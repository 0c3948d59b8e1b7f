import { FozError } from '../../core/index.ts';
import type { RunContext, Runner, RunResult, Statement } from '../../plan/index.ts';
import { ended, isStale, toFozError } from './errors.ts';
import type { Answer } from './execution.ts';
import type { Settings } from './options.ts';
import { deadlineOf, type Limits } from './watch.ts';

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

const noLimits = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY };

/** One transaction on one connection. It starts with its first statement, in the same round trip. */
export class Transaction implements Runner {
  readonly #session: Executes;
  readonly #begin: string;
  #begun = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Executes, begin: string) {
    this.#session = session;
    this.#begin = begin;
  }

  /** Statements run one after the other, also when they are asked for at once. */
  run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const result = this.#last.then(() => this.#run(statement, values as readonly (string | null)[], context));
    this.#last = result.catch(() => {});
    return result;
  }

  async #run(
    statement: Statement,
    values: readonly (string | null)[],
    context: RunContext,
  ): Promise<RunResult> {
    if (context.signal.aborted) throw ended(context.signal);
    const lead = this.#begun ? null : this.#begin;
    this.#begun = true;
    try {
      return await this.#session.execute(
        statement.text,
        values,
        { signal: context.signal, deadline: deadlineOf(context) },
        lead,
      );
    } catch (error) {
      if (isStale(error))
        throw new FozError('conflict', 'The schema of the database changed while the transaction ran.', {
          cause: error,
        });
      throw toFozError(error);
    }
  }

  /** Rejects with a FozError when the database does not commit. */
  async commit(): Promise<void> {
    await this.#last;
    if (!this.#begun) return;
    let answer: Answer;
    try {
      answer = await this.#session.execute('commit', [], noLimits);
    } catch (error) {
      const failure = toFozError(error);
      if (failure.code !== 'unavailable') throw failure;
      throw new FozError(
        'unavailable',
        'The connection was lost during the commit: the write may or may not be stored.',
        {
          ...(failure.internal === undefined ? {} : { internal: failure.internal }),
          cause: error,
        },
      );
    }
    if (answer.tag === 'ROLLBACK')
      throw new FozError(
        'unexpected',
        'The transaction was rolled back, because a statement in it had failed.',
      );
  }

  /** Never rejects: a connection on which it fails is not used again. */
  async rollback(): Promise<void> {
    await this.#last;
    if (!this.#begun) return;
    await this.#session.execute('rollback', [], noLimits).catch(() => {});
  }
}
