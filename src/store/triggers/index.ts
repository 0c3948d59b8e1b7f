export { OwnTriggerStore } from './own-trigger-store.ts';
export { type StoredTrigger, type TriggerProgress, TriggerStore } from './trigger-store.ts';
