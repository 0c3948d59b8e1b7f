import { FozError, type RoleName } from '../../core/index.ts';
import type { RoleEngineOptions } from '../../execute/index.ts';
import type { AllowListConfig } from '../config.ts';
import { allowListOf, spelled } from './allow-list.ts';

/** An operation that is not on the allow-list of the caller's role. */
export interface UnlistedRequest {
  readonly role: RoleName;
  readonly operationName: string | null;
  /** The operation and the fragments that it uses. */
  readonly document: string;
  readonly refused: boolean;
}

/**
 * The check of operations against a role's allow-list; `undefined`: the role has none. `report`: called for each operation that is not on
 * it.
 */
export function admission(
  lists: readonly AllowListConfig[],
  role: RoleName,
  report: (found: UnlistedRequest) => void,
): RoleEngineOptions['admit'] {
  const list = allowListOf(lists, role);
  if (list === null) return undefined;
  return (document, operation) => {
    if (list.has(document, operation)) return undefined;
    const name = operation.name?.value ?? null;
    const found = {
      role,
      operationName: name,
      document: spelled(document, operation),
      refused: list.enforced,
    };
    const notify = () => report(found);
    if (!list.enforced) return notify;
    notify();
    throw new FozError(
      'permission-error',
      `${name === null ? 'This operation' : `The operation ${name}`} is not among those that the role may ask for.`,
      { internal: 'operation that is on no list' },
    );
  };
}
