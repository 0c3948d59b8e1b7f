export { syncFaults } from './check.ts';
export type { Comparison } from './comparison.ts';
export type { SyncDefinition } from './definition.ts';
export { type Difference, type DifferenceReport, differencesOf } from './difference.ts';
export { type ResolvedSync, resolveSync } from './resolve.ts';
export { comparisonOf, type PresentSync, Syncer } from './syncer.ts';
export { tablesOf } from './tables.ts';
