import { type Driver, isRead, Pool, pooledDriver, Watch } from '../../sql/index.ts';
import { withConflict } from './conflict-report.ts';
import { isFull, toFozError } from './errors.ts';
import { introspect } from './introspect.ts';
import type { Settings, Variant } from './options.ts';
import { changeHint, type Queries } from './queries.ts';
import { resultOf } from './result.ts';
import { Session } from './session.ts';
import { fill } from './template.ts';
import { beginTexts, mysqlTransaction } from './transaction.ts';

/** Differences between the drivers of MySQL and MariaDB. */
export interface DriverVariant extends Variant {
  readonly queries: Queries;
}

/**
 * A pool of connections to one server. Connections are opened on demand. After a lost connection the next statement opens a new one.
 *
 * Statements are sent complete with their values, in the text protocol. Measured against prepared statements (8 connections,
 * one row by key and lists of 100 rows of 9 columns): MySQL 17,500 to 14,200 and 4,500 to 3,200 per second, MariaDB 25,500 to
 * 26,600 and 7,000 to 5,100. Values are spelled by `literal.ts`, never by the client library: each has one type and one
 * spelling that ends where it should in every `sql_mode`.
 */
export function mysqlDriver(settings: Settings, variant: DriverVariant): Driver {
  const watch = new Watch();
  const open = (onEnd: (session: Session) => void) => Session.open(settings, watch, onEnd);
  const connectError = (error: unknown) => toFozError(error, 'connect');
  const pool = new Pool({ ...settings, open, isFull, toFozError: connectError }, watch);

  return pooledDriver({
    pool,
    connectMs: settings.connectMs,
    send: async (session, statement, values, limits) => {
      const answer = await session.execute(fill(statement, values), limits);
      const reported = await withConflict(session, statement, answer, limits);
      return resultOf(statement, reported, session.server, !isRead(statement.text));
    },
    toFozError: (error, statement) => toFozError(error, 'run', statement),
    hint: { text: "show global status like 'Com\\_%'", read: changeHint },
    begin: (session, mode) => mysqlTransaction(session, beginTexts(mode, session, settings.isolation)),
    introspect: (runner, patterns, signal) => introspect(runner, variant, settings, patterns, signal),
  });
}
