import type { Changes } from '../../../plan/index.ts';
import type { Driver } from '../../../sql/index.ts';
import type { Settings } from '../options.ts';
import { followOutbox, OutboxReader, outboxLeft, outboxOffer } from '../outbox/index.ts';
import { quotedText } from '../quoted-name.ts';
import { replicationLeft } from './left-overs.ts';
import { defaultPublication, replicationOffer } from './offers.ts';
import { followPublication } from './stream.ts';

/**
 * The changes of a PostgreSQL database: by logical replication, or by an outbox if one exists. `settings`: for connections to the server
 * itself, past a pooler.
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
      // An outbox was set up on purpose, and grows until it is read. So it is preferred.
      return outbox.obstacles.length === 0 ? [outbox, replication] : [replication, outbox];
    },
    leftOvers: async (signal) => [
      ...(await outboxLeft(driver, signal)),
      ...(await replicationLeft(driver, publication, signal)),
    ],
    async removeReader(name, signal) {
      const text = `select pg_catalog.pg_drop_replication_slot(slot_name) from pg_catalog.pg_replication_slots
        where slot_name = ${quotedText(name)} and database = current_database()`;
      await driver.run({ text, slots: [] }, [], { signal, timeoutMs: null });
    },
    follow(options) {
      if (options.method !== 'triggers') return followPublication(settings, publication, options);
      const reader = new OutboxReader(settings, driver);
      return followOutbox(reader, () => reader.own(), options);
    },
  };
}
