import type { RunContext, RunResult, Statement } from '../../plan/index.ts';
import {
  type Driver,
  limitsOf,
  Pool,
  type Pooled,
  pooledDriver,
  statementFailure,
  Watch,
} from '../../sql/index.ts';
import { isFull, isStale, toFozError } from './errors.ts';
import { introspect } from './introspect.ts';
import { type PostgresOptions, type Settings, settingsOf } from './options.ts';
import { catalogQueries } from './queries.ts';
import { Session } from './session.ts';
import { beginText, type Executes, PostgresTransaction } from './transaction.ts';

/**
 * A pool of connections to one PostgreSQL server. Nothing is opened before it is needed, and a server that went away is
 * connected to again by the next statement.
 */
export function postgresDriver(options: PostgresOptions): Driver {
  const settings = settingsOf(options);
  const watch = new Watch();
  const open = (onEnd: (session: Session) => void) => Session.open(settings, watch, onEnd);
  return driverOver('postgres', new Pool({ ...settings, open, isFull, toFozError }, watch), settings);
}

/** What of the settings a driver needs. */
export type DriverSettings = Pick<Settings, 'isolation' | 'connectMs'>;

/** A driver over any pool of connections that speak PostgreSQL's protocol. */
export function driverOver<S extends Pooled & Executes>(
  engine: string,
  pool: Pool<S>,
  { isolation, connectMs }: DriverSettings,
): Driver {
  const run = async (
    { text }: Statement,
    values: readonly unknown[],
    context: RunContext,
  ): Promise<RunResult> => {
    const limits = limitsOf(context);
    const free = pool.acquire(limits);
    const session = free instanceof Promise ? await free : free;
    const texts = values as readonly (string | null)[];
    try {
      return await session.execute(text, texts, limits);
    } catch (error) {
      if (!isStale(error)) throw statementFailure(toFozError(error), text);
      // A prepared statement that is out of date was not run: it is parsed again, once.
      return await session.execute(text, texts, limits).catch((second: unknown) => {
        throw statementFailure(toFozError(second), text);
      });
    } finally {
      pool.release(session);
    }
  };
  return pooledDriver({
    pool,
    connectMs,
    run,
    hint: { text: catalogQueries.hint, read: ([row]) => String(row![0]) },
    begin: (session, mode) => new PostgresTransaction(session, beginText(mode, isolation)),
    introspect: ({ transaction }, patterns, signal) =>
      transaction('read', { signal, timeoutMs: null }, (runner) =>
        introspect(engine, runner, patterns, signal),
      ),
  });
}
