import type { Connector } from '../../plan/index.ts';
import { sqlConnector } from '../../sql/index.ts';
import { postgresChanges } from './changes/index.ts';
import { postgresDriver } from './driver.ts';
import { postgresNative } from './native.ts';
import { type PostgresOptions, settingsOf } from './options.ts';
import type { PostgresVariant } from './variant.ts';

/** A connector to a server that speaks PostgreSQL's protocol. Does not connect yet; throws TypeError for an invalid URL. */
export function postgresConnector(options: PostgresOptions, variant: PostgresVariant): Connector {
  const { server, dialect } = variant;
  const settings = settingsOf(options, server);
  const driver = postgresDriver(options, settings);
  const { url, publication } = options.changes ?? {};
  // Connections that follow changes go to the server itself where the URL of the source leads to a pooler.
  const direct =
    url === undefined
      ? settings
      : settingsOf({ ...options, connection: url, preparedStatements: true }, server);
  const changes = postgresChanges(direct, driver, publication);
  return sqlConnector({
    engine: server.engine,
    dialect,
    driver,
    changes: variant.changes?.(changes, driver) ?? changes,
    native: postgresNative,
  });
}
