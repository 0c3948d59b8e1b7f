import type { ChangeStream, FollowOptions } from '../../../plan/index.ts';
import { OutboxStream } from '../../../sql/index.ts';
import type { Settings } from '../options.ts';
import { outboxNamesOf } from './names.ts';
import { OutboxReader } from './reader.ts';
import { rowDecoder } from './row-bytes.ts';
import { outboxStatements } from './statements.ts';

export { outboxLeft, outboxOffer } from './offer.ts';

/** Reads the outbox of a source. `settings`: of the server itself, past a pooler. */
export function followOutbox(settings: Settings, options: FollowOptions): Promise<ChangeStream> {
  const names = outboxNamesOf(settings);
  const driver = new OutboxReader(settings, names);
  return OutboxStream.open(
    {
      driver,
      statements: outboxStatements(names),
      decoder: () => rowDecoder(settings.engine),
      own: () => driver.own(),
    },
    options,
  );
}
