import type { ChangeStream, FollowOptions } from '../../../plan/index.ts';
import { type Driver, OutboxStream, type Ownership } from '../../../sql/index.ts';
import { messageOf, outboxStatements } from './statements.ts';

export { elsewhereReasons, outboxLeft, outboxOffer } from './offer.ts';
export { OutboxReader } from './reader.ts';

/** Reads the outbox of a database. `own`: takes its lock. */
export function followOutbox(
  driver: Pick<Driver, 'run'>,
  own: () => Promise<Ownership>,
  options: FollowOptions,
): Promise<ChangeStream> {
  const decoder = () => ({ messages: (row: Parameters<typeof messageOf>[0]) => [messageOf(row)] });
  return OutboxStream.open({ driver, statements: outboxStatements, decoder, own }, options);
}
