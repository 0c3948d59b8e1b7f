import type { Connector } from '../../plan/index.ts';
import { type PostgresOptions, postgresConnector } from '../postgres/index.ts';
import { kingbaseChanges } from './changes.ts';
import { kingbaseDialect } from './dialect.ts';
import { logIns } from './log-ins.ts';
import { describeServer, prepareSession, systemNamespaces } from './server.ts';

export type { PostgresOptions as KingbaseOptions } from '../postgres/index.ts';
export { kingbaseDialect } from './dialect.ts';

/** A connector to KingbaseES V8R6 or V9 in the mode pg, oracle or mysql. Does not connect yet; throws TypeError for an invalid URL. */
export function connectKingbase(options: PostgresOptions): Connector {
  return postgresConnector(options, {
    server: {
      engine: 'kingbase',
      label: 'KingbaseES on PostgreSQL',
      // "KSQL reference" (V9), connection options: the default of -p.
      port: 54321,
      logIns,
      onConnect: prepareSession,
      catalog: { describe: describeServer, systemNamespaces },
    },
    dialect: kingbaseDialect(),
    changes: kingbaseChanges,
  });
}
