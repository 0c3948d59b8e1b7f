import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LiveWrite } from '../cases/live/index.ts';
import type { Engine } from '../support/engines.ts';

/** Runs SQL statements of live cases, and operations through Foz. */
export interface WriterPlaces {
  readonly engine: Engine;
  /** A client of the database under test, and one of the other source. */
  readonly execute: (text: string) => Promise<void>;
  readonly desk: (text: string) => Promise<void>;
  readonly mutate: (query: string) => Promise<{ readonly errors?: unknown }>;
  /** A client in another process; `null`: only Foz can have the database open. */
  readonly other: OtherProcess | null;
}

/** Executes the writes of live cases. */
export class LiveWriter {
  readonly #places: WriterPlaces;
  #transactions: Promise<void> = Promise.resolve();

  constructor(places: WriterPlaces) {
    this.#places = places;
  }

  async write(given: LiveWrite): Promise<void> {
    const { engine, execute, desk } = this.#places;
    if ('sql' in given) return execute(given.sql);
    if ('process' in given) return this.#byOther(given.process);
    if ('mutation' in given) return this.#mutate(given.mutation, false);
    if ('failing' in given) return this.#mutate(given.failing, true);
    if ('desk' in given) return desk(given.desk);
    if ('truncate' in given)
      return execute(`${engine === 'sqlite' ? 'delete from' : 'truncate table'} ${given.truncate}`);
    if ('burst' in given) return this.#burst(given);
    return this.#transaction(given.transaction, given.end);
  }

  async #mutate(query: string, fails: boolean): Promise<void> {
    const { errors } = await this.#places.mutate(query);
    if ((errors !== undefined) !== fails) throw new Error(`${query}: ${JSON.stringify(errors)}`);
  }

  #byOther(text: string): Promise<void> {
    const { other, execute } = this.#places;
    return other === null ? execute(text) : other.execute(text);
  }

  async #burst({ burst, by }: Extract<LiveWrite, { burst: unknown }>): Promise<void> {
    if (by === 'process') await Promise.all(burst.map((text) => this.#byOther(text)));
    else
      for (const text of burst) await (by === 'foz' ? this.#mutate(text, false) : this.#places.execute(text));
  }

  /** The client has one session, so each transaction is one text. */
  #transaction(statements: readonly string[], end: 'commit' | 'rollback'): Promise<void> {
    const { engine, execute } = this.#places;
    // PGlite's session belongs to Foz, which sends single statements.
    if (engine === 'pglite') {
      const raise = end === 'rollback' ? `raise exception 'rolled back';` : '';
      const run = execute(`do $foz$ begin ${statements.join('; ')}; ${raise} end $foz$`);
      return end === 'commit' ? run : run.then(notRolledBack, () => {});
    }
    this.#transactions = this.#transactions.then(() => execute(['begin', ...statements, end].join('; ')));
    return this.#transactions;
  }
}

function notRolledBack(): never {
  throw new Error('The transaction was not rolled back.');
}

/** A client of a database in another process. It executes one statement after another. */
export class OtherProcess {
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: string) => void)[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout! }).on('line', (line) => this.#waiting.shift()?.(line));
    child.on('exit', () => {
      for (const answer of this.#waiting.splice(0)) answer('"The other process has ended."');
    });
  }

  static async start(engine: Engine, location: string): Promise<OtherProcess> {
    const program = join(import.meta.dirname, 'other-process.mjs');
    const child = spawn(process.execPath, ['--no-warnings', program, engine, location], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const other = new OtherProcess(child);
    const first = await other.#answer();
    if (first !== 'ready') throw new Error(first);
    return other;
  }

  async execute(text: string): Promise<void> {
    this.#child.stdin!.write(`${JSON.stringify(text)}\n`);
    const error = JSON.parse(await this.#answer()) as string | null;
    if (error !== null) throw new Error(`${text}: ${error}`);
  }

  async close(): Promise<void> {
    this.#child.kill();
  }

  #answer(): Promise<string> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
