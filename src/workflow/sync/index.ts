export { syncFaults } from './check.ts';
export type { SyncDefinition } from './definition.ts';
export { type ResolvedSync, resolveSync } from './resolve.ts';
export { type PresentSync, Syncer } from './syncer.ts';
