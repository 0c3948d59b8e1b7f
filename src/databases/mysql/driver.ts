import { type Connection, createConnection, createPool, type Pool, type PoolConnection } from 'mysql2';
import { FozError } from '../../core/index.ts';
import type { PoolState, RunContext, Runner, RunResult, Statement } from '../../plan/index.ts';
import type { Driver } from '../../sql/index.ts';
import { isConnectionLoss, toFozError } from './errors.ts';
import type { Introspect } from './introspect.ts';
import { databaseOf, type MysqlOptions, poolOptions, sessionSettings } from './options.ts';

/** Pool, statements, transactions and cancelling for MySQL and MariaDB. Nothing is opened before it is needed. */
export class MysqlDriver implements Driver {
  readonly #options: MysqlOptions;
  readonly #pool: Pool;
  readonly #introspect: Introspect;
  #waiting = 0;
  #closed = false;

  constructor(options: MysqlOptions, introspect: Introspect) {
    this.#options = options;
    this.#introspect = introspect;
    this.#pool = createPool(poolOptions(options));
    this.#pool.on('connection', (connection) => {
      connection.on('error', () => {});
      connection.query(sessionSettings, (error) => {
        if (error !== null) connection.destroy();
      });
    });
  }

  async run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult> {
    const connection = await this.#acquire(context);
    let broken = false;
    try {
      return await this.#execute(connection, statement, values, context);
    } catch (error) {
      broken = isConnectionLoss(causeOf(error));
      throw error;
    } finally {
      if (broken) connection.destroy();
      else connection.release();
    }
  }

  async transaction<T>(
    mode: 'read' | 'write',
    context: RunContext,
    body: (runner: Runner) => Promise<T>,
  ): Promise<T> {
    const connection = await this.#acquire(context);
    let usable = false;
    try {
      await command(
        connection,
        mode === 'read' ? 'start transaction with consistent snapshot, read only' : 'start transaction',
      );
      let last: Promise<unknown> = Promise.resolve();
      const runner: Runner = {
        run: (statement, values, inside) => {
          const result = last.then(() => this.#execute(connection, statement, values, inside));
          last = result.catch(() => {});
          return result;
        },
      };
      try {
        const result = await body(runner);
        await last;
        if (context.signal.aborted) throw ended(context);
        await commit(connection);
        usable = true;
        return result;
      } catch (error) {
        await last;
        usable = await command(connection, 'rollback').then(
          () => true,
          () => false,
        );
        throw error;
      }
    } catch (error) {
      throw toFozError(error);
    } finally {
      if (usable) connection.release();
      else connection.destroy();
    }
  }

  introspect: Driver['introspect'] = (options, signal) => {
    const context: RunContext = { signal, timeoutMs: null };
    const settings = {
      database: databaseOf(this.#options),
      tinyint1IsBoolean: this.#options.tinyint1IsBoolean ?? true,
    };
    return this.#introspect(
      (text, values) => this.run({ text, slots: [] }, values, context),
      settings,
      options,
    );
  };

  async ping(signal: AbortSignal): Promise<void> {
    await this.run({ text: 'select 1', slots: [] }, [], { signal, timeoutMs: 5000 });
  }

  pool(): PoolState {
    const inner = this.#pool as unknown as {
      _allConnections?: { length: number };
      _freeConnections?: { length: number };
    };
    return {
      size: inner._allConnections?.length ?? 0,
      idle: inner._freeConnections?.length ?? 0,
      waiting: this.#waiting,
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await new Promise<void>((resolve) => this.#pool.end(() => resolve()));
  }

  /** A connection for the caller alone. One that comes after the wait is over goes straight back. */
  #acquire(context: RunContext): Promise<PoolConnection> {
    if (context.signal.aborted) return Promise.reject(ended(context));
    if (this.#closed) return Promise.reject(new FozError('unavailable', 'The source is closed.'));
    const waitMs = Math.min(this.#options.waitMs ?? 10_000, context.timeoutMs ?? Number.POSITIVE_INFINITY);
    this.#waiting++;
    return new Promise((resolve, reject) => {
      let over = false;
      const finish = () => {
        over = true;
        this.#waiting--;
        clearTimeout(timer);
        context.signal.removeEventListener('abort', leave);
      };
      const leave = () => {
        finish();
        reject(ended(context));
      };
      const timer = setTimeout(() => {
        finish();
        reject(
          new FozError(
            'unavailable',
            `No connection to the database became free within ${waitMs} ms: try again, or raise the pool size.`,
          ),
        );
      }, waitMs);
      context.signal.addEventListener('abort', leave, { once: true });
      this.#pool.getConnection((error, connection) => {
        if (over) {
          if (error === null) connection.release();
          return;
        }
        finish();
        if (error !== null) reject(toFozError(error));
        else resolve(connection);
      });
    });
  }

  /** Runs one prepared statement; when its time is up it is killed on the server before anything else happens here. */
  async #execute(
    connection: PoolConnection,
    statement: Statement,
    values: readonly unknown[],
    context: RunContext,
  ): Promise<RunResult> {
    if (context.signal.aborted) throw ended(context);
    let killed: Promise<void> | null = null;
    const kill = () => {
      killed ??= this.#kill(connection.threadId);
    };
    const timer = context.timeoutMs === null ? undefined : setTimeout(kill, context.timeoutMs);
    context.signal.addEventListener('abort', kill, { once: true });
    try {
      const result = await execute(connection, statement.text, values);
      if (killed !== null) throw ended(context);
      return result;
    } catch (error) {
      throw killed === null ? toFozError(error) : ended(context);
    } finally {
      clearTimeout(timer);
      context.signal.removeEventListener('abort', kill);
      // A late KILL must not hit the next statement of this connection.
      if (killed !== null) await killed;
    }
  }

  async #kill(thread: number): Promise<void> {
    const {
      connectionLimit: _limit,
      maxIdle: _idle,
      idleTimeout: _timeout,
      ...options
    } = poolOptions(this.#options);
    const connection: Connection = createConnection(options);
    connection.on('error', () => {});
    await new Promise<void>((resolve) => connection.query(`kill query ${Number(thread)}`, () => resolve()));
    connection.destroy();
  }
}

function execute(connection: PoolConnection, sql: string, values: readonly unknown[]): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    connection.execute(
      { sql, rowsAsArray: true },
      values as never,
      (error: Error | null, result: unknown) => {
        if (error !== null) reject(error);
        else if (Array.isArray(result)) resolve({ rows: result as unknown[][], affected: 0 });
        else {
          const { affectedRows, insertId } = result as { affectedRows: number; insertId: number | string };
          resolve({ rows: [], affected: affectedRows, insertId: Number(insertId) === 0 ? null : insertId });
        }
      },
    );
  });
}

/** Fixed texts of this file only. */
function command(connection: PoolConnection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error) => (error === null ? resolve() : reject(error)));
  });
}

async function commit(connection: PoolConnection): Promise<void> {
  try {
    await command(connection, 'commit');
  } catch (error) {
    if (!isConnectionLoss(error)) throw error;
    throw new FozError(
      'unavailable',
      'The connection was lost during the commit: the write may or may not be stored.',
      { cause: error },
    );
  }
}

function ended(context: RunContext): FozError {
  return new FozError(
    'timeout',
    context.signal.aborted
      ? 'The request was ended before the database had answered.'
      : 'The database did not answer within the time limit of the request.',
  );
}

function causeOf(error: unknown): unknown {
  return error instanceof FozError ? (error.cause ?? error) : error;
}
