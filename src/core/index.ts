export type { EndSignal } from './end-signal.ts';
export { type ErrorCode, errorCodes, FozError, type FozErrorOptions, FozErrors } from './errors.ts';
export {
  adminRole,
  parseRoleName,
  parseSourceName,
  type RoleName,
  roleNamed,
  type SourceName,
} from './names.ts';
export { unreachable } from './unreachable.ts';
