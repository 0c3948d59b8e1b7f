import type { RoleName } from '../core/index.ts';
import type { TablePermission } from './permission.ts';

/** What a permission is for. */
export type PermissionKind = Exclude<keyof TablePermission, 'table'>;

/** Permissions of roles while they are resolved. */
export class Draft {
  readonly roles = new Map<RoleName, Map<string, TablePermission>>();
  readonly #refused = new Set<string>();

  /** What a role was given so far, by table id. */
  of(role: RoleName): Map<string, TablePermission> {
    let tables = this.roles.get(role);
    if (tables === undefined) {
      tables = new Map();
      this.roles.set(role, tables);
    }
    return tables;
  }

  /** A permission is left out for what is wrong in it. */
  refuse(role: RoleName, tableId: string, kind: PermissionKind): void {
    this.#refused.add(JSON.stringify([role, tableId, kind]));
  }

  /** Whether a permission was left out for what is wrong in it. */
  refused(role: RoleName, tableId: string, kind: PermissionKind): boolean {
    return this.#refused.has(JSON.stringify([role, tableId, kind]));
  }
}
