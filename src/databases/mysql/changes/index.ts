import type { Changes } from '../../../plan/index.ts';
import type { Driver } from '../../../sql/index.ts';
import type { Settings } from '../options.ts';
import { readHiddenTypes } from './hidden-types.ts';
import { binlogOffer } from './offers.ts';
import { followBinlog } from './stream.ts';

const never = new AbortController().signal;

/** The changes of a MySQL or MariaDB database, by the binlog of its server. */
export function mysqlChanges(settings: Settings, driver: Pick<Driver, 'run'>): Changes {
  const ask = async (text: string) =>
    (await driver.run({ text, slots: [] }, [], { signal: never, timeoutMs: null })).rows;
  return {
    offers: async (tables, signal) => [await binlogOffer(settings, tables, signal)],
    servesRows: true,
    leftOvers: async () => [],
    follow: (options) => followBinlog(settings, options, () => readHiddenTypes(ask, settings)),
  };
}
