import { FozError } from '../../core/index.ts';
import type { RunContext, Runner, RunResult, Statement } from '../../plan/index.ts';
import { ended, toFozError } from './errors.ts';
import type { Settings } from './options.ts';
import { resultOf } from './result.ts';
import { graceMs, type Session } from './session.ts';
import { fill } from './template.ts';
import { grace, limitsOf } from './watch.ts';

/** How a transaction starts on this server. */
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

/** One transaction on one connection. It starts with its first statement. */
export class Transaction implements Runner {
  readonly #session: Session;
  readonly #begin: readonly string[];
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Session, begin: readonly string[]) {
    this.#session = session;
    this.#begin = begin;
  }

  /** Statements run one after the other, also when they are asked for at once. */
  run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const result = this.#last.then(() => this.#run(statement, values, context));
    this.#last = result.catch(() => {});
    return result;
  }

  async #run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    if (context.signal.aborted) throw ended(context.signal);
    const text = fill(statement, values);
    const limits = limitsOf(context);
    try {
      if (!this.#session.inTransaction) {
        this.#session.inTransaction = true;
        for (const begin of this.#begin) await this.#session.execute(begin, limits);
      }
      return resultOf(statement, await this.#session.execute(text, limits), this.#session.server);
    } catch (error) {
      throw toFozError(error, 'run', statement.text);
    }
  }

  /** Rejects with a FozError when the database does not commit. */
  async commit(): Promise<void> {
    await this.#last;
    if (!this.#session.inTransaction) return;
    try {
      await this.#session.execute('commit', grace(graceMs));
      this.#session.inTransaction = false;
    } catch (error) {
      const failure = toFozError(error);
      if (failure.code !== 'unavailable' && failure.code !== 'timeout') throw failure;
      const internal = failure.internal === undefined ? {} : { internal: failure.internal };
      throw new FozError(
        'unavailable',
        'The connection was lost during the commit: the write may or may not be stored.',
        { ...internal, cause: error },
      );
    }
  }

  /** Never rejects: a connection on which it fails is not used again. */
  async rollback(): Promise<void> {
    await this.#last;
    if (!this.#session.inTransaction) return;
    await this.#session.execute('rollback', grace(graceMs)).then(
      () => {
        this.#session.inTransaction = false;
      },
      () => {},
    );
  }
}
