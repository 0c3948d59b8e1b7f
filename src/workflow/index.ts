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
export { Expressions } from './expressions/index.ts';
export {
  type HookAnswer,
  type HookDefinition,
  HookReceiver,
  type HookRequest,
  hookFaults,
  pathOfHook,
  type SecretRef,
} from './hooks/index.ts';
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
  type CurrentWorkflow,
  checkWorkflow,
  type InputFault,
  inputFaults,
  isStated,
  type MutationDefinition,
  type Rehearsal,
  type RehearsedStep,
  type RetryPolicy,
  type RunAnswer,
  Runner,
  type RunnerOptions,
  type RunOrigin,
  type ScheduleDefinition,
  type StartOptions,
  type StepDefinition,
  schemaFault,
  type WorkflowDefinition,
  type WorkflowFault,
  workflowFaults,
  workflowSchema,
} from './runs/index.ts';
export { DueTimes, Scheduler, type SchedulerOptions } from './schedules/index.ts';
export { Scripts } from './scripts/index.ts';
export type { RunResponse } from './steps/respond.ts';
export type {
  GraphqlAnswer,
  GraphqlRequest,
  OpenTransaction,
  SqlAnswer,
  SqlRequest,
  StepServices,
  TransactionRequest,
} from './steps/step.ts';
export {
  type Comparison,
  comparisonOf,
  type Difference,
  type DifferenceReport,
  differencesOf,
  type PresentSync,
  type ResolvedSync,
  resolveSync,
  type SyncDefinition,
  Syncer,
  syncFaults,
  tablesOf,
} from './sync/index.ts';
export {
  deliveryOf,
  endpointOf,
  payloadOf,
  TriggerReader,
  type TriggerReaderOptions,
  usualConcurrency,
} from './triggers/index.ts';
