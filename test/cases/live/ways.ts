import { type Engine, engines } from '../../support/engines.ts';

/** How the changes of a source are followed: as it is without any preparation, by a publication, by an outbox that triggers fill. */
export type Way = 'by itself' | 'published' | 'outbox';

/** PostgreSQL is followed by replication where a publication exists; without one, as other engines without a log, by polling. */
export const liveWays: readonly (readonly [engine: Engine, way: Way])[] = [
  ...engines.map((engine) => [engine, 'by itself'] as const),
  ['postgres', 'published'],
  ...engines.map((engine) => [engine, 'outbox'] as const),
];

/** The ways that report rows, so that `<table>_changes` can be subscribed to: the log of the database, or an outbox. */
export const changesWays: readonly (readonly [engine: Engine, way: 'log' | 'outbox'])[] = [
  ['postgres', 'log'],
  ['mysql', 'log'],
  ['mariadb', 'log'],
  ['postgres', 'outbox'],
  ['pglite', 'outbox'],
  ['sqlite', 'outbox'],
  ['mysql', 'outbox'],
  ['mariadb', 'outbox'],
];
