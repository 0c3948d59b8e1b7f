export { EventTriggerWork, eventTriggersOf } from './event-triggers.ts';
export { ownOperations } from './own-operations.ts';
export { OwnTriggerWork, ownTriggersOf } from './own-triggers.ts';
export { SyncWork, syncsOf } from './syncs.ts';
export { type Work, workOf } from './work.ts';
