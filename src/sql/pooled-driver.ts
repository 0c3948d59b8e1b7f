import { FozError } from '../core/index.ts';
import type { RunContext, Runner, RunResult, Statement } from '../plan/index.ts';
import type { Driver } from './driver.ts';
import type { Pool, Pooled } from './pool.ts';
import { statementFailure, type Transaction, transact } from './transact.ts';
import { type Limits, limitsOf } from './watch.ts';

/** The functions of an engine that use the connections of its pool. */
export interface PooledParts<S extends Pooled> {
  readonly pool: Pool<S>;
  /** Milliseconds that a ping may take. */
  readonly connectMs: number;
  /** Outside of a transaction. Rejects with the error of the client library or the server. */
  send(session: S, statement: Statement, values: readonly unknown[], limits: Limits): Promise<RunResult>;
  /** Sends a statement again that was not run; `null`: it is not known to be so, or the error has another reason. */
  again?(error: unknown, ...sent: Parameters<PooledParts<S>['send']>): Promise<RunResult> | null;
  toFozError(error: unknown, statement: string): FozError;
  begin(session: S, mode: 'read' | 'write'): Transaction;
  /** A statement for `Connector.changeHint`, and how its rows become the text. */
  readonly hint: { readonly text: string; read(rows: RunResult['rows']): string | null };
  introspect(
    driver: Pick<Driver, 'run' | 'transaction'>,
    ...rest: Parameters<Driver['introspect']>
  ): ReturnType<Driver['introspect']>;
}

/** A driver over a pool of connections to one server. */
export function pooledDriver<S extends Pooled>({
  pool,
  connectMs,
  send,
  again,
  toFozError,
  begin,
  hint,
  introspect,
}: PooledParts<S>): Driver {
  const run: Runner['run'] = async (statement, values, context) => {
    const limits = limitsOf(context);
    const free = pool.acquire(limits);
    const session = free instanceof Promise ? await free : free;
    try {
      return await send(session, statement, values, limits);
    } catch (error) {
      const second = again?.(error, session, statement, values, limits) ?? null;
      if (second === null) throw statementFailure(toFozError(error, statement.text), statement.text);
      return await second.catch((reason: unknown) => {
        throw statementFailure(toFozError(reason, statement.text), statement.text);
      });
    } finally {
      pool.release(session);
    }
  };
  const transaction = async <T>(
    mode: 'read' | 'write',
    context: RunContext,
    body: (runner: Runner) => Promise<T>,
  ): Promise<T> => {
    const session = await pool.acquire(limitsOf(context));
    return transact(begin(session, mode), mode, context, body, () => pool.release(session));
  };
  return {
    run,
    transaction,
    introspect: (options, signal) => introspect({ run, transaction }, options, signal),
    changeHint: async (signal) => {
      try {
        const context = { signal, timeoutMs: connectMs };
        return hint.read((await run({ text: hint.text, slots: [] }, [], context)).rows);
      } catch (error) {
        if (error instanceof FozError && error.code !== 'unavailable' && error.code !== 'timeout')
          return null;
        throw error;
      }
    },
    ping: async (signal) => {
      await run({ text: 'select 1', slots: [] }, [], { signal, timeoutMs: connectMs });
    },
    pool: () => pool.state,
    close: () => pool.close(),
  };
}

/** Limits on the use of a server, and the isolation of transactions. */
export interface ServerOptions {
  /** Connections at most. */
  readonly poolSize?: number;
  /** Milliseconds that a statement waits for a free connection. */
  readonly waitMs?: number;
  /** Milliseconds that opening a connection may take. */
  readonly connectMs?: number;
  /** Milliseconds after which an unused connection is closed. */
  readonly idleMs?: number;
  /** Isolation of writing transactions; default: the server's own. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
}

/** The options with every default filled in; `null`: the server's own isolation. */
export type ServerSettings = Required<Omit<ServerOptions, 'isolation'>> & {
  readonly isolation: NonNullable<ServerOptions['isolation']> | null;
};

/** Fills in the defaults. */
export function serverSettings(options: ServerOptions): ServerSettings {
  return {
    poolSize: options.poolSize ?? 10,
    waitMs: options.waitMs ?? 10_000,
    connectMs: options.connectMs ?? 10_000,
    idleMs: options.idleMs ?? 30_000,
    isolation: options.isolation ?? null,
  };
}
