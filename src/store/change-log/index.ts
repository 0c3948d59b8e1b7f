export { ChangeLogStore, type LogLead } from './change-log-store.ts';
export type { LogBounds, StoredLog, StoredSegment, StoredTable } from './statements.ts';
export type { OthersWatch, WatchedTable } from './watches.ts';
