import { type Driver, Pool, pooledDriver, Watch } from '../../sql/index.ts';
import { isFull, toConnectError, toFozError } from './errors.ts';
import { introspect } from './introspect.ts';
import type { Settings } from './options.ts';
import { changeHint } from './queries.ts';
import { Session } from './session.ts';
import { beginText, mssqlTransaction } from './transaction.ts';

/** A pool of connections to one server. Connections are opened on demand. After a lost connection the next statement opens a new one. */
export function mssqlDriver(settings: Settings): Driver {
  const watch = new Watch();
  /** Known after the first introspection. */
  let hasSnapshot = false;
  const open = (onEnd: (session: Session) => void) => Session.open(settings, watch, onEnd);
  const pool = new Pool({ ...settings, open, isFull, toFozError: toConnectError }, watch);
  return pooledDriver({
    pool,
    connectMs: settings.connectMs,
    send: (session, { text }, values, limits) =>
      session.execute(text, values as readonly (string | null)[], limits),
    toFozError,
    hint: changeHint,
    begin: (session, mode) => mssqlTransaction(session, beginText(mode, settings.isolation, hasSnapshot)),
    introspect: async ({ run }, options, signal) => {
      const { facts, server } = await introspect(run, options, signal);
      hasSnapshot = server.hasSnapshot;
      return facts;
    },
  });
}
