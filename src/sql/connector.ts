import type { Changes, Connector, NativeSql, Savepoint } from '../plan/index.ts';
import { compileFetch } from './compile/fetch.ts';
import { compileConflictingRow, compileWrite } from './compile/write.ts';
import type { Dialect } from './dialect.ts';
import type { Driver } from './driver.ts';

/** Savepoints in the standard's spelling. */
const savepoint: Savepoint = {
  set: { text: 'savepoint foz_attempt', slots: [] },
  undo: { text: 'rollback to savepoint foz_attempt', slots: [] },
  release: { text: 'release savepoint foz_attempt', slots: [] },
};

/** A connector for an engine that speaks SQL, made of its dialect and its driver. */
export function sqlConnector({
  engine,
  dialect,
  driver,
  changes = null,
  native = null,
}: {
  engine: string;
  dialect: Dialect;
  driver: Driver;
  changes?: Changes | null;
  native?: NativeSql | null;
}): Connector {
  return {
    engine,
    capabilities: dialect.capabilities,
    introspect: (options, signal) => driver.introspect(options, signal),
    canHold: (value, type) => dialect.canHold(value, type),
    compileFetch: (fetch) => compileFetch(dialect, fetch),
    compileWrite: (write) => compileWrite(dialect, write),
    compileConflictingRow: (table, columns) => compileConflictingRow(dialect, table, columns),
    savepoint: dialect.savepoint ?? savepoint,
    run: (statement, values, context) => driver.run(statement, values, context),
    transaction: (mode, context, body) => driver.transaction(mode, context, body),
    changes,
    native,
    changeHint: (signal) => driver.changeHint(signal),
    ping: (signal) => driver.ping(signal),
    pool: () => driver.pool(),
    close: () => driver.close(),
  };
}
