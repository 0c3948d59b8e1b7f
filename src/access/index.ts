export { type DescribedRule, describePermissions, type TableDescription } from './describe.ts';
export { endpointFaults, variablesInUrl } from './endpoints.ts';
export { AllowedVariables } from './environment.ts';
export {
  type ChangeCondition,
  type EventTrigger,
  type EventTriggers,
  resolveEventTriggers,
  rowWithKey,
  sourceRule,
  type TriggeredOperation,
} from './event-triggers.ts';
export { everyPermission } from './everything.ts';
export {
  type CredentialLimits,
  type LimitsConfig,
  narrowedLimits,
  type RateLimit,
} from './limits.ts';
export { type NeededVariable, neededVariables } from './needed-variables.ts';
export type {
  DeletePermission,
  InsertPermission,
  RolePermissions,
  RowValidation,
  SelectPermission,
  TablePermission,
  UpdatePermission,
} from './permission.ts';
export { type FindTable, RuleProblem } from './read-rule.ts';
export { type Permissions, resolvePermissions, tableFinder } from './resolve.ts';
export {
  type Actor,
  adminSession,
  credentialOf,
  type Scopes,
  type Session,
} from './session.ts';
export { type VisibleCatalog, visibleCatalog } from './visible.ts';
export {
  entriesOf,
  type SeenRuns,
  type WorkflowPermissions,
  workflowPermissions,
} from './workflow-permissions.ts';
