import type { RunContext, Runner, RunResult, Statement } from '../../plan/index.ts';
import type { Driver } from '../../sql/index.ts';
import { ended, isStale, toFozError } from './errors.ts';
import type { Answer } from './execution.ts';
import { introspect } from './introspect.ts';
import { type PostgresOptions, type Settings, settingsOf } from './options.ts';
import { Pool, type Pooled } from './pool.ts';
import { Session } from './session.ts';
import { beginText, type Executes, Transaction } from './transaction.ts';
import { deadlineOf, type Limits, Watch } from './watch.ts';

/**
 * A pool of connections to one PostgreSQL server. Nothing is opened before it is needed, and a server that went away is
 * connected to again by the next statement.
 */
export function postgresDriver(options: PostgresOptions): Driver {
  const settings = settingsOf(options);
  const watch = new Watch();
  const open = (onEnd: (session: Session) => void) => Session.open(settings, watch, onEnd);
  return driverOver('postgres', new Pool<Session>({ ...settings, open }, watch), settings);
}

/** What of the settings a driver needs. */
export type DriverSettings = Pick<Settings, 'isolation' | 'connectMs'>;

/** A driver over any pool of connections that speak PostgreSQL's protocol. */
export function driverOver<S extends Pooled & Executes>(
  engine: string,
  pool: Pool<S>,
  settings: DriverSettings,
): Driver {
  const run = async (
    statement: Statement,
    values: readonly unknown[],
    context: RunContext,
  ): Promise<RunResult> => {
    const limits = limitsOf(context);
    const session = await pool.acquire(limits);
    try {
      return await execute(session, statement.text, values as readonly (string | null)[], limits);
    } catch (error) {
      throw toFozError(error);
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
    try {
      return await inTransaction(
        new Transaction(session, beginText(mode, settings.isolation)),
        context.signal,
        body,
      );
    } finally {
      pool.release(session);
    }
  };
  return {
    run,
    transaction,
    introspect: (patterns, signal) =>
      transaction('read', { signal, timeoutMs: null }, (runner) =>
        introspect(engine, runner, patterns, signal),
      ),
    ping: async (signal) => {
      await run({ text: 'select 1', slots: [] }, [], { signal, timeoutMs: settings.connectMs });
    },
    pool: () => pool.state,
    close: () => pool.close(),
  };
}

/** Throws FozError `timeout` for a request that has ended already. */
function limitsOf(context: RunContext): Limits {
  if (context.signal.aborted) throw ended(context.signal);
  return { signal: context.signal, deadline: deadlineOf(context) };
}

/** Runs `body` and commits, or rolls back when it rejects or the request has ended. */
async function inTransaction<T>(
  transaction: Transaction,
  signal: AbortSignal,
  body: (runner: Runner) => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await body(transaction);
    if (signal.aborted) throw ended(signal);
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
  await transaction.commit();
  return result;
}

/** A prepared statement that is out of date was not run: it is parsed again, once. */
async function execute(
  session: Executes,
  text: string,
  values: readonly (string | null)[],
  limits: Limits,
): Promise<Answer> {
  try {
    return await session.execute(text, values, limits);
  } catch (error) {
    if (!isStale(error)) throw error;
    return session.execute(text, values, limits);
  }
}
