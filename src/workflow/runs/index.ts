export type { RetryPolicy, StepDefinition, WorkflowDefinition } from '../definition.ts';
export { checkWorkflow } from './check.ts';
export { Runner, type RunnerOptions, type StartOptions } from './runner.ts';
export { workflowSchema } from './schema.ts';
