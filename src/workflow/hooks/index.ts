export type { HookAnswer, HookRequest } from './answer.ts';
export { hookFaults } from './check.ts';
export { type HookDefinition, pathOfHook, type SecretRef } from './definition.ts';
export { HookReceiver, type HookReceiverOptions } from './receiver.ts';
