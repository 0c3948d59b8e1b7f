import type { Connector } from '../../plan/index.ts';
import { sqlConnector } from '../../sql/index.ts';
import { postgresChanges } from './changes/index.ts';
import { postgresDialect } from './dialect.ts';
import { postgresDriver } from './driver.ts';
import { type PostgresOptions, type Settings, settingsOf } from './options.ts';

// Used by the PGlite connector, which only has its own driver and session.
export { postgresDialect } from './dialect.ts';
export { driverOver } from './driver.ts';
export { isFull, isStale, isUnknownStatement, toFozError } from './errors.ts';
export type { Answer } from './execution.ts';
export { Inbound } from './inbound.ts';
export type { PostgresOptions } from './options.ts';
export { followOutbox, outboxLeft, outboxOffer } from './outbox/index.ts';
export { PreparedStatements } from './prepared.ts';
export { affectedRows, checkCount, roundTrip } from './wire.ts';

/** A connector to one PostgreSQL database. Does not connect yet; throws TypeError for an invalid URL. */
export function connectPostgres(options: PostgresOptions): Connector {
  const settings = settingsOf(options);
  const driver = postgresDriver(options, settings);
  return sqlConnector({
    engine: 'postgres',
    dialect: postgresDialect('postgres'),
    driver,
    changes: postgresChanges(directSettings(options, settings), driver, options.changes?.publication),
  });
}

/** The settings of connections that follow changes: they go to the server itself where `url` leads to a pooler. */
function directSettings(options: PostgresOptions, settings: Settings): Settings {
  const { url } = options.changes ?? {};
  return url === undefined ? settings : settingsOf({ ...options, connection: url, preparedStatements: true });
}
