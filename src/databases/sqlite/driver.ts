import { stat } from 'node:fs/promises';
import type { SourceFacts } from '../../catalog/index.ts';
import { type EndSignal, FozError } from '../../core/index.ts';
import type { PoolState, RunContext, Runner, RunResult, Statement } from '../../plan/index.ts';
import type { Driver } from '../../sql/index.ts';
import { type NativeError, sqliteError } from './errors.ts';
import { introspect, type Query } from './introspect.ts';
import { Lane } from './lane.ts';
import { type ResolvedOptions, resolveOptions, type SqliteOptions } from './options.ts';
import { EngineProcess } from './process.ts';

type Context = Pick<RunContext, 'signal' | 'timeoutMs'>;
const reads = /^\s*(?:select|values|with|explain)\b/i;
const closed = () => new FozError('unavailable', 'The database has been closed.');

/** Talks to one SQLite file through processes: several that read, one that writes. */
export function sqliteDriver(options: SqliteOptions): Driver {
  return new SqliteDriver(resolveOptions(options));
}

class SqliteDriver implements Driver {
  readonly #options: ResolvedOptions;
  readonly #readers: Lane;
  readonly #writer: Lane | null;
  #keyNames: ReadonlyMap<string, string> = new Map();
  #identity: string | null = null;
  #closed = false;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    const { reader, writer } = options;
    this.#readers = new Lane(options.readers, () => EngineProcess.start(reader));
    this.#writer = writer === null ? null : new Lane(1, () => EngineProcess.start(writer));
  }

  async run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const write = !reads.test(statement.text);
    const lane = this.#lane(write);
    const engine = await this.#take(lane, context);
    try {
      return await this.#execute(engine, statement.text, values, write, context);
    } finally {
      lane.give(engine);
    }
  }

  async transaction<T>(
    mode: 'read' | 'write',
    context: RunContext,
    body: (runner: Runner) => Promise<T>,
  ): Promise<T> {
    const lane = this.#lane(mode === 'write');
    const engine = await this.#take(lane, context);
    const say = (text: string, within: Context) => this.#execute(engine, text, [], true, within);
    const transaction = new Transaction((statement, values, within) =>
      this.#execute(engine, statement.text, values, !reads.test(statement.text), within),
    );
    try {
      await say(mode === 'write' ? 'begin immediate' : 'begin', context);
      const result = await body(transaction);
      await transaction.end();
      await say('commit', context);
      return result;
    } catch (error) {
      await transaction.end();
      if (engine.alive) await say('rollback', unlimited).catch(() => engine.kill());
      throw error;
    } finally {
      lane.give(engine);
    }
  }

  async introspect(options: Parameters<Driver['introspect']>[0], signal: EndSignal): Promise<SourceFacts> {
    const context = { signal, timeoutMs: null };
    return this.transaction('read', context, async (runner) => {
      const query: Query = async (text, values) => {
        const statement = { text, slots: [] };
        return (await runner.run(statement, values ?? [], context)).rows;
      };
      const { facts, keyNames } = await introspect(query, options);
      this.#keyNames = keyNames;
      return facts;
    });
  }

  async ping(signal: EndSignal): Promise<void> {
    await this.#sameFile();
    await this.run({ text: 'select count(*) from sqlite_schema', slots: [] }, [], {
      signal,
      timeoutMs: null,
    });
  }

  pool(): PoolState {
    const lanes = [this.#readers.state(), ...(this.#writer === null ? [] : [this.#writer.state()])];
    const sum = (key: keyof PoolState) => lanes.reduce((total, lane) => total + lane[key], 0);
    return { size: sum('size'), idle: sum('idle'), waiting: sum('waiting') };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#readers.close(), this.#writer?.close()]);
    this.#options.dispose();
  }

  #lane(write: boolean): Lane {
    if (!write) return this.#readers;
    if (this.#writer !== null) return this.#writer;
    throw new FozError('not-supported', 'The database is open for reading only.');
  }

  async #take(lane: Lane, { signal }: Context): Promise<EngineProcess> {
    if (signal.aborted) throw stopped();
    if (this.#closed) throw closed();
    return lane.take(signal);
  }

  /** Runs one statement; kills the process when the signal or the time limit comes first. */
  async #execute(
    engine: EngineProcess,
    text: string,
    values: readonly unknown[],
    write: boolean,
    { signal, timeoutMs }: Context,
  ): Promise<RunResult> {
    let aborted = signal.aborted;
    if (aborted) throw stopped();
    const abort = () => {
      aborted = true;
      engine.kill();
    };
    signal.addEventListener('abort', abort, { once: true });
    const timer = timeoutMs === null ? undefined : setTimeout(abort, timeoutMs);
    try {
      return await engine.run(text, values, write);
    } catch (error) {
      if (aborted) throw stopped();
      if (this.#closed) throw closed();
      throw this.#translate(error as NativeError);
    } finally {
      signal.removeEventListener('abort', abort);
      clearTimeout(timer);
    }
  }

  #translate(error: NativeError): FozError {
    return sqliteError(error, {
      file: this.#options.file,
      keyName: (table, columns) => this.#keyNames.get(JSON.stringify([table, ...columns])),
    });
  }

  /** A file that was replaced or deleted stays open under its old identity: drop the processes that hold it. */
  async #sameFile(): Promise<void> {
    let identity: string | null = null;
    try {
      const { dev, ino } = await stat(this.#options.file, { bigint: true });
      identity = `${dev}:${ino}`;
    } catch (error) {
      if (this.#identity === null) return; // never opened: opening tells what is wrong
      await Promise.all([this.#readers.recycle(), this.#writer?.recycle()]);
      throw new FozError('unavailable', 'The file of the database is gone.', {
        internal: `${this.#options.file}: ${(error as Error).message}`,
      });
    }
    if (this.#identity !== null && this.#identity !== identity) {
      await Promise.all([this.#readers.recycle(), this.#writer?.recycle()]);
    }
    this.#identity = identity;
  }
}

const unlimited: Context = { signal: new AbortController().signal, timeoutMs: null };

const stopped = () =>
  new FozError('timeout', 'The statement was stopped: its time limit has passed, or the caller went away.');

type Execute = (statement: Statement, values: readonly unknown[], context: RunContext) => Promise<RunResult>;

/** Statements of one transaction, one after the other; refuses more once the transaction is over. */
class Transaction implements Runner {
  readonly #execute: Execute;
  #last: Promise<unknown> = Promise.resolve();
  #over = false;

  constructor(execute: Execute) {
    this.#execute = execute;
  }

  run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    if (this.#over) return Promise.reject(new FozError('unexpected', 'The transaction is over.'));
    const result = this.#last.then(() => this.#execute(statement, values, context));
    this.#last = result.catch(() => {});
    return result;
  }

  /** Waits for what still runs. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#last;
  }
}
