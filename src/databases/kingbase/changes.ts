import type { Changes } from '../../plan/index.ts';
import type { Driver } from '../../sql/index.ts';
import { modeOf } from './server.ts';

/**
 * The changes of a database. The vendor's documents describe PostgreSQL's logical decoding for the mode pg only ("Logical decoding in the
 * PostgreSQL mode of KingbaseES"), so the other modes offer only the outbox.
 */
export function kingbaseChanges(changes: Changes, driver: Pick<Driver, 'run'>): Changes {
  return {
    ...changes,
    async offers(tables, signal) {
      const rows = async (text: string) =>
        (await driver.run({ text, slots: [] }, [], { signal, timeoutMs: null })).rows as (string | null)[][];
      const offers = await changes.offers(tables, signal);
      return (await modeOf(rows)) === 'pg' ? offers : offers.filter(({ method }) => method === 'triggers');
    },
  };
}
