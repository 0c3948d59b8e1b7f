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
import type { EngineProcess } from './process.ts';

/** Runs a statement in the process of a transaction. Rejects with a FozError. */
export type Execute = (text: string, values: readonly unknown[], limits: Limits) => Promise<RunResult>;

/** One transaction in one process. It starts with its first statement. */
export class SqliteTransaction implements Transaction {
  readonly #engine: EngineProcess;
  readonly #execute: Execute;
  readonly #begin: string;
  #begun = false;

  constructor(engine: EngineProcess, execute: Execute, begin: string) {
    this.#engine = engine;
    this.#execute = execute;
    this.#begin = begin;
  }

  async run({ text }: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const limits = limitsOf(context);
    if (!this.#begun) {
      await this.#execute(this.#begin, [], limits);
      this.#begun = true;
    }
    return this.#execute(text, values, limits);
  }

  /** What is not committed stays open in SQLite: it is undone here. */
  async commit(): Promise<void> {
    if (!this.#begun) return;
    try {
      await this.#execute('commit', [], grace(commitMs));
    } catch (error) {
      await this.rollback();
      throw error instanceof Unanswered ? commitFailure(error) : error;
    }
  }

  async rollback(): Promise<void> {
    if (!this.#begun || !this.#engine.connected) return;
    await this.#execute('rollback', [], grace()).catch(() => this.#engine.kill());
  }
}
