import type { RunContext, RunResult, Statement } from '../../plan/index.ts';
import { commitFailure, commitMs, grace, limitsOf, type Transaction, Unanswered } from '../../sql/index.ts';
import { isEnding, toFozError } from './errors.ts';
import type { Settings } from './options.ts';
import { resultOf } from './result.ts';
import type { Session } from './session.ts';
import { fill } from './template.ts';

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
export class MysqlTransaction implements Transaction {
  readonly #session: Session;
  readonly #begin: readonly string[];

  constructor(session: Session, begin: readonly string[]) {
    this.#session = session;
    this.#begin = begin;
  }

  async run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const limits = limitsOf(context);
    const text = fill(statement, values);
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

  async commit(): Promise<void> {
    if (!this.#session.inTransaction) return;
    try {
      await this.#session.execute('commit', grace(commitMs));
      this.#session.inTransaction = false;
    } catch (error) {
      const failure = toFozError(error);
      throw failure instanceof Unanswered || isEnding(error) ? commitFailure(failure) : failure;
    }
  }

  async rollback(): Promise<void> {
    if (!this.#session.inTransaction) return;
    await this.#session.execute('rollback', grace()).then(
      () => {
        this.#session.inTransaction = false;
      },
      () => {},
    );
  }
}
