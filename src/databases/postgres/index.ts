import type { Connector } from '../../plan/index.ts';
import { postgresConnector } from './connector.ts';
import type { PostgresOptions } from './options.ts';
import { postgresVariant } from './variant.ts';

// Used by the connectors of PGlite, which only has its own driver and session, and of KingbaseES.
export { postgresConnector } from './connector.ts';
export { postgresDialect } from './dialect.ts';
export { driverOver } from './driver.ts';
export { isFull, isStale, isUnknownStatement, toFozError } from './errors.ts';
export type { Answer } from './execution.ts';
export { Inbound } from './inbound.ts';
export type { LogIn } from './log-in.ts';
export { postgresNative } from './native.ts';
export type { OwnTypes } from './natives.ts';
export type { PostgresOptions } from './options.ts';
export { followOutbox, outboxLeft, outboxOffer } from './outbox/index.ts';
export { PreparedStatements } from './prepared.ts';
export { resultColumn } from './result-columns.ts';
export { bindValue } from './values.ts';
export type { PostgresVariant, Rows, ServerDescription } from './variant.ts';
export { affectedRows, checkCount, roundTrip } from './wire.ts';

/** A connector to one PostgreSQL database. Does not connect yet; throws TypeError for an invalid URL. */
export function connectPostgres(options: PostgresOptions): Connector {
  return postgresConnector(options, postgresVariant);
}
