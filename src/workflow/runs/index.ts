export type {
  MutationDefinition,
  RetryPolicy,
  ScheduleDefinition,
  StepDefinition,
  WorkflowDefinition,
} from '../definition.ts';
export type { RunAnswer } from './answers.ts';
export { checkWorkflow, type WorkflowFault, workflowFaults } from './check.ts';
export { isStated } from './compensation.ts';
export type { CurrentWorkflow } from './definitions.ts';
export { checkInput, type InputFault, inputFaults, schemaFault } from './input.ts';
export type { Rehearsal, RehearsedStep } from './rehearsal.ts';
export {
  Runner,
  type RunnerOptions,
  type RunOrigin,
  type StartOptions,
} from './runner.ts';
export { workflowSchema } from './schema.ts';
