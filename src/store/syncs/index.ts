export type {
  AgreedRow,
  PendingWrite,
  StoredSync,
  SyncProblem,
  SyncRecord,
  SyncUpdate,
} from './sync.ts';
export { SyncStore, syncKind } from './sync-store.ts';
