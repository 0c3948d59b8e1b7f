export { isOutbox, outboxName, readsName } from './names.ts';
export { OutboxStream } from './outbox-stream.ts';
export type { OutboxDecoder, OutboxParts, OutboxRow, OutboxStatements, Ownership } from './parts.ts';
export { PollingOwner } from './polling-owner.ts';
export type { Range } from './ranges.ts';
