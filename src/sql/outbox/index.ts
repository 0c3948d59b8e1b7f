export { isOutbox, outboxName, readsName, unseenOp } from './names.ts';
export { OutboxStream } from './outbox-stream.ts';
export {
  mostImageBytes,
  type OutboxDecoder,
  type OutboxParts,
  type OutboxRow,
  type OutboxStatements,
  type Ownership,
} from './parts.ts';
export { PollingOwner } from './polling-owner.ts';
export type { Range } from './ranges.ts';
