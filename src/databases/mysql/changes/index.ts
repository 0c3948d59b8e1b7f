import { never } from '../../../core/index.ts';
import type { Changes } from '../../../plan/index.ts';
import type { Driver } from '../../../sql/index.ts';
import type { Settings } from '../options.ts';
import { followOutbox, outboxLeft, outboxOffer } from '../outbox/index.ts';
import { readHiddenTypes } from './hidden-types.ts';
import { binlogOffer } from './offers.ts';
import { followBinlog } from './stream.ts';

/** The changes of a MySQL or MariaDB database, by the binlog of its server, or by an outbox if one exists. */
export function mysqlChanges(settings: Settings, driver: Pick<Driver, 'run'>): Changes {
  const ask = async (text: string) =>
    (await driver.run({ text, slots: [] }, [], { signal: never, timeoutMs: null })).rows;
  return {
    async offers(tables, signal) {
      const binlog = await binlogOffer(settings, tables, signal);
      const outbox = await outboxOffer(ask, settings, tables);
      // An outbox was set up on purpose, and grows until it is read. So it is preferred.
      return outbox.obstacles.length === 0 ? [outbox, binlog] : [binlog, outbox];
    },
    leftOvers: () => outboxLeft(ask, settings),
    follow: (options) =>
      options.method === 'triggers'
        ? followOutbox(settings, options)
        : followBinlog(settings, options, () => readHiddenTypes(ask, settings)),
  };
}
