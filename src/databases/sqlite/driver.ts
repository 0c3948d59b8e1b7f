import type { SourceFacts, TableFacts } from '../../catalog/index.ts';
import { type EndSignal, FozError, HeldBytes, tooLong } from '../../core/index.ts';
import type { PoolState, RunContext, Runner, RunResult, Statement } from '../../plan/index.ts';
import {
  type Driver,
  ended,
  isRead,
  type Limits,
  limitsOf,
  Pool,
  statementFailure,
  transact,
  Unanswered,
  Watch,
} from '../../sql/index.ts';
import { type NativeError, sqliteError } from './errors.ts';
import { fileIdentity } from './file-identity.ts';
import { imageTable, StoredImages } from './images.ts';
import { introspect } from './introspect.ts';
import type { ResolvedOptions } from './options.ts';
import { EngineProcess, type EngineSettings } from './process.ts';
import type { Query } from './query.ts';
import { resultColumn } from './result-columns.ts';
import { type Execute, sqliteTransaction } from './transaction.ts';

/** A driver for one SQLite file. It runs statements in engine processes: several readers, one writer. */
export function sqliteDriver(options: ResolvedOptions): Driver {
  return new SqliteDriver(options);
}

class SqliteDriver implements Driver {
  readonly #options: ResolvedOptions;
  readonly #watch = new Watch();
  readonly #readers: Pool<EngineProcess>;
  readonly #writer: Pool<EngineProcess> | null;
  #keyNames: ReadonlyMap<string, string> = new Map();
  #tables: ReadonlyMap<string, TableFacts> = new Map();
  #identity: string | null = null;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#readers = this.#pool(options.readers, options.reader);
    this.#writer = options.writer === null ? null : this.#pool(1, options.writer);
  }

  async run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const limits = limitsOf(context);
    const write = !isRead(statement.text);
    const pool = this.#poolFor(write);
    const free = pool.acquire(limits);
    const engine = free instanceof Promise ? await free : free;
    try {
      return await this.#execute(engine, statement.text, values, write, limits, statement.describes);
    } catch (error) {
      throw statementFailure(error as FozError, statement.text);
    } finally {
      pool.release(engine);
    }
  }

  async transaction<T>(
    mode: 'read' | 'write',
    context: RunContext,
    body: (runner: Runner) => Promise<T>,
  ): Promise<T> {
    const pool = this.#poolFor(mode === 'write');
    const engine = await pool.acquire(limitsOf(context));
    const execute: Execute = async (text, values, limits, describes = false) => {
      // A statement that people have written may write whatever it begins with.
      const write = mode === 'write' && (describes || !isRead(text));
      const result = await this.#execute(engine, text, values, write, limits, describes);
      if (result.withheld !== undefined) throw result.withheld;
      return result;
    };
    const begin = mode === 'write' ? 'begin immediate' : 'begin';
    const open = sqliteTransaction(engine, execute, begin);
    return transact(open, mode, context, body, () => pool.release(engine));
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
      this.#tables = new Map(facts.tables.map((table) => [table.name, table]));
      return facts;
    });
  }

  /** The schema version, which SQLite increments at each change. */
  async changeHint(signal: EndSignal): Promise<string> {
    await this.#sameFile();
    const statement = { text: 'select schema_version from pragma_schema_version', slots: [] };
    return String((await this.run(statement, [], { signal, timeoutMs: null })).rows[0]![0]);
  }

  async ping(signal: EndSignal): Promise<void> {
    await this.#sameFile();
    await this.run({ text: 'select count(*) from sqlite_schema', slots: [] }, [], {
      signal,
      timeoutMs: null,
    });
  }

  pool(): PoolState {
    const states = [this.#readers.state, ...(this.#writer === null ? [] : [this.#writer.state])];
    const sum = (key: keyof PoolState) => states.reduce((total, state) => total + state[key], 0);
    return { size: sum('size'), idle: sum('idle'), waiting: sum('waiting') };
  }

  async close(): Promise<void> {
    await Promise.all([this.#readers.close('all'), this.#writer?.close('all')]);
    this.#options.dispose();
  }

  #pool(poolSize: number, settings: EngineSettings): Pool<EngineProcess> {
    return new Pool(
      {
        poolSize,
        // There is one writer and a write may take long, so only the limits of its request end the wait of a statement.
        waitMs: Number.POSITIVE_INFINITY,
        idleMs: null,
        open: (onEnd) => EngineProcess.start(settings, onEnd),
        isFull: () => false,
        toFozError: (error) => error as FozError,
      },
      this.#watch,
    );
  }

  #poolFor(write: boolean): Pool<EngineProcess> {
    if (!write) return this.#readers;
    if (this.#writer !== null) return this.#writer;
    throw new FozError('not-supported', 'The database is open for reading only.');
  }

  /** Runs one statement. Kills the process when the limits end it. Rows of a write are withheld where they exceed the held bytes. */
  async #execute(
    engine: EngineProcess,
    text: string,
    values: readonly unknown[],
    write: boolean,
    { signal, deadline, held = new HeldBytes(null) }: Limits,
    describes = false,
  ): Promise<RunResult> {
    let stopped = false;
    const stop = () => {
      stopped = true;
      engine.kill();
    };
    const running = { signal, deadline, stop };
    this.#watch.add(running);
    try {
      const images = values.find((value) => value instanceof StoredImages);
      const query: Query = async (asked, given = []) =>
        (await engine.run(asked, given, false, new HeldBytes(null))).rows;
      const table = images === undefined ? null : await imageTable(query, images);
      const { columns, ...answer } = await engine.run(text, values, write, held, table, describes);
      if (!answer.tooLong)
        return columns === undefined ? answer : { ...answer, columns: columns.map(resultColumn) };
      if (!write) throw tooLong(held.limit);
      return { ...answer, withheld: tooLong(held.limit) };
    } catch (error) {
      if (error instanceof FozError) throw error;
      const failure = stopped ? ended(signal) : this.#translate(error as NativeError, write ? text : null);
      throw (error as NativeError).gone ? unanswered(failure) : failure;
    } finally {
      this.#watch.remove(running);
    }
  }

  /** `statement`: a statement that writes. */
  #translate(error: NativeError, statement: string | null): FozError {
    const write = {
      statement: statement ?? '',
      table: (name: string) => this.#tables.get(name),
      isReferred: (name: string) =>
        [...this.#tables.values()].some(({ foreignKeys }) =>
          foreignKeys.some(({ toTable }) => toTable === name),
        ),
    };
    return sqliteError(error, {
      file: this.#options.file,
      keyName: (table, columns) => this.#keyNames.get(JSON.stringify([table, ...columns])),
      ...(statement === null ? {} : { write }),
    });
  }

  /** Checks that the file was not replaced or deleted. Processes that still have the old file open are ended. */
  async #sameFile(): Promise<void> {
    let identity: string | null = null;
    try {
      identity = await fileIdentity(this.#options.file);
    } catch (error) {
      if (this.#identity === null) return; // never opened: opening reports the error
      await this.#retire();
      throw new FozError('unavailable', 'The file of the database is gone.', {
        internal: `${this.#options.file}: ${(error as Error).message}`,
      });
    }
    if (this.#identity !== null && this.#identity !== identity) await this.#retire();
    this.#identity = identity;
  }

  /** Ends the idle processes and waits for them. One that closes late would delete the write-ahead log of the new file. */
  async #retire(): Promise<void> {
    const idle = [...this.#readers.retire(), ...(this.#writer?.retire() ?? [])];
    await Promise.all(idle.map((engine) => engine.close()));
  }
}

function unanswered({ code, message, internal }: FozError): Unanswered {
  return new Unanswered(code, message, { internal });
}
