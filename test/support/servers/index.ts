import { startMariadb } from './mariadb.ts';
import { startMysql } from './mysql.ts';
import { startPostgres } from './postgres.ts';
import type { Server, ServerEngine, StartOptions } from './server.ts';

export { keep, keptServers, stopKept, sweep } from './kept.ts';
export { type Pooler, startPgbouncer } from './pgbouncer.ts';
export { type Server, type ServerEngine, type StartOptions, serverEngines, Unavailable } from './server.ts';
export { startMariadb, startMysql, startPostgres };

/** The start function of each kind of server. */
export const starters = {
  postgres: startPostgres,
  mysql: startMysql,
  mariadb: startMariadb,
} satisfies Record<ServerEngine, (options?: StartOptions) => Promise<Server>>;
