export { answerErrors, type EngineAnswer } from './answer.ts';
export { type Sees, tablesSeen } from './conceal.ts';
export { errorsOf, type OperationRequest, RoleEngine, type RoleEngineOptions } from './engine.ts';
export { type Explained, printExplained } from './explain.ts';
export { introspectionAnswers, PackedText } from './introspection/index.ts';
export { keptPlans } from './kept.ts';
export type { PreparedPlan } from './prepared.ts';
export { readKeys } from './read-keys.ts';
export type { Written } from './written.ts';
