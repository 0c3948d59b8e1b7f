export { type StoredTrigger, type TriggerProgress, TriggerStore } from './trigger-store.ts';
