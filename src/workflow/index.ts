export {
  type AttemptKind,
  type BodyForm,
  type BreakerRules,
  Deliverer,
  type DelivererOptions,
  type Endpoint,
  eventId,
  type RetryRules,
  SigningSecret,
} from './deliveries/index.ts';
export {
  type BackOff,
  defaultBackOff,
  GroupCommit,
  type GroupCommitOptions,
  type JobHandler,
  JobWorker,
  type JobWorkerOptions,
  retryDelay,
  type WorkLog,
} from './jobs/index.ts';
export {
  checkWorkflow,
  type RetryPolicy,
  Runner,
  type RunnerOptions,
  type StartOptions,
  type StepDefinition,
  type WorkflowDefinition,
  workflowSchema,
} from './runs/index.ts';
export type { GraphqlAnswer, GraphqlRequest, StepServices } from './steps/step.ts';
