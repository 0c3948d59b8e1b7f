import type { Changes } from '../../../plan/index.ts';
import type { Driver } from '../../../sql/index.ts';
import type { Settings } from '../options.ts';
import { publication, replicationOffer } from './offers.ts';
import { followPublication } from './stream.ts';

/** The changes of a PostgreSQL database, by logical replication. */
export function postgresChanges(settings: Settings, driver: Pick<Driver, 'run'>): Changes {
  return {
    offers: async (tables, signal) => [await replicationOffer(driver, tables, signal)],
    follow: (options) => followPublication(settings, publication, options),
  };
}
