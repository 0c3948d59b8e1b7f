export {
  ansi,
  ansiAggregates,
  countDistinctOr,
  directedBy,
  isByItself,
  limitOffset,
  type OwnAggregates,
} from './ansi.ts';
export { ArrivingRows } from './arriving-rows.ts';
export { ChangeQueue } from './change-queue.ts';
export { caseOf } from './compile/labels.ts';
export { sqlConnector } from './connector.ts';
export type {
  ConflictParts,
  Dialect,
  ImageRows,
  InsertParts,
  NestingDialect,
  ScalarSpelling,
  ScalarSpellings,
  TypedColumn,
  WriteSpelling,
  WrittenRows,
} from './dialect.ts';
export type { Driver } from './driver.ts';
export { type FolderLockOptions, FolderTaken, lockFile, lockFolder, takeFile } from './folder-lock.ts';
export { jsonOf, type Lexis, type NativeEngine, nativeSql } from './native/index.ts';
export {
  isOutbox,
  mostImageBytes,
  type OutboxDecoder,
  type OutboxParts,
  type OutboxRow,
  type OutboxStatements,
  OutboxStream,
  type Ownership,
  outboxName,
  PollingOwner,
  type Range,
  readsName,
  unseenOp,
} from './outbox/index.ts';
export { namespaceFilter, onceTable, tableFilter } from './patterns.ts';
export { Pool, type Pooled, type PoolOptions } from './pool.ts';
export { pooledDriver, type ServerOptions, type ServerSettings, serverSettings } from './pooled-driver.ts';
export { type FoundFile, SameFile } from './same-file.ts';
export { render, Sql, sql } from './sql.ts';
export { streamClosed, streamNotAwaited } from './stream-errors.ts';
export {
  commitFailure,
  commitMs,
  isRead,
  statementFailure,
  type Transaction,
  transact,
  transactionOf,
  Unanswered,
} from './transact.ts';
export {
  ended,
  endOfTransactionLimits,
  graceMs,
  type Limits,
  limitsOf,
  Watch,
  type Watched,
} from './watch.ts';
export { otherKind, reachedSettings } from './who-answers.ts';
