import { FozError } from '../../core/index.ts';
import type { Changes } from '../../plan/index.ts';
import { type Driver, PollingOwner } from '../../sql/index.ts';
import { followOutbox, outboxLeft, outboxOffer } from '../postgres/index.ts';

/** Milliseconds between two reads of the outbox. */
const pollMs = 50;

/** The changes of an embedded PostgreSQL: by an outbox if one exists. It has no replication. */
export function pgliteChanges(driver: Pick<Driver, 'run'>): Changes {
  // Only this process has the database open.
  let isOwned = false;
  const own = async () => {
    if (isOwned) throw new FozError('conflict', 'The outbox of the database is read already.');
    isOwned = true;
    return new PollingOwner(pollMs, () => {
      isOwned = false;
    });
  };
  return {
    offers: async (tables, signal) => [await outboxOffer(driver, tables, signal)],
    leftOvers: (signal) => outboxLeft(driver, signal),
    follow: (options) => followOutbox(driver, own, options),
  };
}
