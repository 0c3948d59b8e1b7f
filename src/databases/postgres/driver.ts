import { FozError } from '../../core/index.ts';
import type { Statement } from '../../plan/index.ts';
import { type Driver, type Limits, Pool, type Pooled, pooledDriver, Watch } from '../../sql/index.ts';
import { isFull, isMixedUp, isStale, toFozError } from './errors.ts';
import { introspect } from './introspect.ts';
import type { PostgresOptions, Settings } from './options.ts';
import { Pooler } from './pooler.ts';
import { catalogQueries } from './queries.ts';
import { Session } from './session.ts';
import { beginText, type Executes, postgresTransaction } from './transaction.ts';

/**
 * A pool of connections to one PostgreSQL server. Connections are opened on demand. After a lost connection the next statement opens a new
 * one.
 */
export function postgresDriver(options: PostgresOptions, settings: Settings): Driver {
  const watch = new Watch();
  const pooler = new Pooler(options.preparedStatements === undefined, options.onPooler ?? (() => {}));
  const open = (onEnd: (session: Session) => void) => Session.open(settings, watch, pooler, onEnd);
  const pool = new Pool({ ...settings, open, isFull, toFozError }, watch);
  return driverOver(settings.server.engine, pool, settings, pooler);
}

const pooled = {
  namespace: null,
  table: null,
  column: null,
  reason:
    'A connection pooler stands before the server: statements go unnamed, which costs about a quarter of the speed. Where it keeps sessions or tracks prepared statements, say prepared_statements: true.',
};

/** The settings that a driver needs. */
export type DriverSettings = Pick<Settings, 'isolation' | 'connectMs'> & Partial<Pick<Settings, 'server'>>;

/** A driver over any pool of connections that speak PostgreSQL's protocol. */
export function driverOver<S extends Pooled & Executes>(
  engine: string,
  pool: Pool<S>,
  { isolation, connectMs, server }: DriverSettings,
  pooler: Pooler | null = null,
): Driver {
  const send = (session: S, { text, describes }: Statement, values: readonly unknown[], limits: Limits) =>
    session.execute(text, values as readonly (string | null)[], limits, null, describes);
  return pooledDriver({
    pool,
    connectMs,
    send,
    // An outdated prepared statement was not run: it is parsed again, once.
    again: (error, ...sent) => {
      if (!isStale(error)) return null;
      if (isMixedUp(error)) pooler?.mixedUp();
      return send(...sent);
    },
    toFozError,
    hint: { text: catalogQueries.hint, read: ([row]) => String(row![0]) },
    begin: (session, mode) => postgresTransaction(session, beginText(mode, isolation), pooler),
    introspect: async ({ transaction }, patterns, signal) => {
      const attempt = () =>
        transaction('read', { signal, timeoutMs: null }, (runner) =>
          introspect({ engine, variant: server?.catalog }, runner, patterns, signal),
        );
      // It only reads: where its prepared statements were mixed up, it is done again.
      const facts = await attempt().catch((error: unknown) => {
        if (error instanceof FozError && error.code === 'conflict') return attempt();
        throw error;
      });
      return pooler?.isNoticed ? { ...facts, issues: [...facts.issues, pooled] } : facts;
    },
  });
}
