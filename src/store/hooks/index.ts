export {
  type HookCall,
  type HookCallFilter,
  type HookKey,
  type HookOutcome,
  type HookRun,
  HookStore,
  type StoredHookCall,
} from './hook-store.ts';
