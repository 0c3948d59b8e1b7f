import type { RoleName } from '../core/index.ts';
import type { TablePermission } from './permission.ts';

/** The kind of a permission. */
export type PermissionKind = Exclude<keyof TablePermission, 'table'>;

/** The permissions of roles while they are resolved. */
export class PermissionsDraft {
  readonly roles = new Map<RoleName, Map<string, TablePermission>>();
  readonly #refused = new Set<string>();

  /** The permissions of a role so far, by table id. */
  of(role: RoleName): Map<string, TablePermission> {
    let tables = this.roles.get(role);
    if (tables === undefined) {
      tables = new Map();
      this.roles.set(role, tables);
    }
    return tables;
  }

  /** Records that a permission was left out because it has faults. */
  refuse(role: RoleName, tableId: string, kind: PermissionKind): void {
    this.#refused.add(JSON.stringify([role, tableId, kind]));
  }

  /** Whether a permission was left out because it has faults. */
  refused(role: RoleName, tableId: string, kind: PermissionKind): boolean {
    return this.#refused.has(JSON.stringify([role, tableId, kind]));
  }
}
