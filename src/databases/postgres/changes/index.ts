import type { Changes } from '../../../plan/index.ts';
import type { Driver } from '../../../sql/index.ts';
import type { Settings } from '../options.ts';
import { followOutbox, outboxLeft, outboxOffer, ownOutbox } from '../outbox/index.ts';
import { replicationLeft } from './left-overs.ts';
import { defaultPublication, replicationOffer } from './offers.ts';
import { followPublication } from './stream.ts';

/**
 * The changes of a PostgreSQL database: by logical replication, or by an outbox, where there is one. `settings`: of connections to the
 * server itself.
 */
export function postgresChanges(
  settings: Settings,
  driver: Pick<Driver, 'run'>,
  publication: string = defaultPublication,
): Changes {
  return {
    async offers(tables, signal) {
      const replication = await replicationOffer(driver, publication, tables, signal);
      const outbox = await outboxOffer(driver, tables, signal);
      // Somebody has made the outbox to be read. It grows until it is.
      return outbox.obstacles.length === 0 ? [outbox, replication] : [replication, outbox];
    },
    leftOvers: async (signal) => [
      ...(await outboxLeft(driver, signal)),
      ...(await replicationLeft(driver, publication, signal)),
    ],
    follow: (options) =>
      options.method === 'triggers'
        ? followOutbox(driver, () => ownOutbox(settings), options)
        : followPublication(settings, publication, options),
  };
}
