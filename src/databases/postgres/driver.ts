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
    const free = pool.acquire(limits);
    const session = free instanceof Promise ? await free : free;
    const texts = values as readonly (string | null)[];
    try {
      return await session.execute(statement.text, texts, limits);
    } catch (error) {
      if (!isStale(error)) throw toFozError(error);
      return await again(session, statement.text, texts, limits);
    } finally {
      pool.release(session);
    }
  };
  const transaction = <T>(
    mode: 'read' | 'write',
    context: RunContext,
    body: (runner: Runner) => Promise<T>,
  ) => transact(pool, beginText(mode, settings.isolation), mode, context, body);
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

/** Runs `body` in a transaction on a connection of its own; rolls back when it rejects or the request has ended. */
async function transact<S extends Pooled & Executes, T>(
  pool: Pool<S>,
  begin: string,
  mode: 'read' | 'write',
  context: RunContext,
  body: (runner: Runner) => Promise<T>,
): Promise<T> {
  const session = await pool.acquire(limitsOf(context));
  const open = new Transaction(session, begin);
  const release = () => pool.release(session);
  let result: T;
  try {
    result = await body(open);
    if (context.signal.aborted) throw ended(context.signal);
  } catch (error) {
    await open.rollback();
    release();
    throw error;
  }
  // Nothing can go wrong with the end of a transaction that only reads: nobody has to wait for it.
  if (mode === 'read')
    void open
      .commit()
      .catch(() => {})
      .then(release);
  else await open.commit().finally(release);
  return result;
}

/** Throws FozError `timeout` for a request that has ended already. */
function limitsOf(context: RunContext): Limits {
  if (context.signal.aborted) throw ended(context.signal);
  return { signal: context.signal, deadline: deadlineOf(context) };
}

/** A prepared statement that is out of date was not run: it is parsed again, once. */
async function again(
  session: Executes,
  text: string,
  values: readonly (string | null)[],
  limits: Limits,
): Promise<Answer> {
  try {
    return await session.execute(text, values, limits);
  } catch (error) {
    throw toFozError(error);
  }
}
