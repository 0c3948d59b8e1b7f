export { type Authentication, admissionOf, authenticationOf } from './authentication.ts';
export { answersOf, changingOptions, websocketOf } from './live-options.ts';
export { droppedLines, flushOutput, guardOutput, processLog } from './output.ts';
export { replan } from './replan.ts';
export { requestAuditOf } from './request-audit.ts';
export { routesOf } from './routes/index.ts';
export { type Runtime, startRuntime } from './runtime.ts';
export { type Subscriptions, subscriptionsOf } from './subscriptions.ts';
export {
  EventTriggerWork,
  eventTriggersOf,
  OwnTriggerWork,
  ownOperations,
  ownTriggersOf,
  SyncWork,
  syncsOf,
  type Work,
  workOf,
} from './work/index.ts';
