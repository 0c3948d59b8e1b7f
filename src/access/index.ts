export { type DescribedRule, describePermissions, type TableDescription } from './describe.ts';
export { everyPermission } from './everything.ts';
export type {
  DeletePermission,
  InsertPermission,
  RolePermissions,
  RowValidation,
  SelectPermission,
  TablePermission,
  UpdatePermission,
} from './permission.ts';
export { type Permissions, resolvePermissions } from './resolve.ts';
export { type Actor, adminSession, type RateLimit, type Scopes, type Session } from './session.ts';
export { type VisibleCatalog, visibleCatalog } from './visible.ts';
