import type { Column, RootFieldKind, RowRule, RuleValue, Table } from '../catalog/index.ts';
import type { RoleName } from '../core/index.ts';

/** The permissions of one role by table. A table without an entry does not exist for the role. */
export interface RolePermissions {
  readonly role: RoleName;
  /** By table id. */
  readonly tables: ReadonlyMap<string, TablePermission>;
}

/** The permissions of a role on one table; `null`: none of that kind. Columns and rules are those of the whole catalog. */
export interface TablePermission {
  readonly table: Table;
  readonly select: SelectPermission | null;
  readonly insert: InsertPermission | null;
  readonly update: UpdatePermission | null;
  readonly delete: DeletePermission | null;
}

/** A condition that every written row must pass, for every role, and the message of its violation. */
export interface RowValidation {
  readonly rule: RowRule;
  readonly message: string;
}

export interface SelectPermission {
  readonly columns: readonly Column[];
  /** The rows in which the role sees the column. A column without a mask is seen in all rows. */
  readonly masks: ReadonlyMap<Column, RowRule>;
  readonly filter: RowRule;
  /** Most rows of one list; `null`: no limit. */
  readonly limit: number | null;
  readonly aggregations: boolean;
  /** The root fields that the role is limited to; `null`: all. */
  readonly queryRoots: ReadonlySet<RootFieldKind> | null;
  readonly subscriptionRoots: ReadonlySet<RootFieldKind> | null;
}

export interface InsertPermission {
  readonly columns: readonly Column[];
  /** Every new row must pass. */
  readonly check: RowRule;
  readonly presets: ReadonlyMap<Column, RuleValue>;
  readonly backendOnly: boolean;
}

export interface UpdatePermission {
  readonly columns: readonly Column[];
  readonly filter: RowRule;
  /** Every changed row must pass. */
  readonly check: RowRule;
  readonly presets: ReadonlyMap<Column, RuleValue>;
  readonly backendOnly: boolean;
}

export interface DeletePermission {
  readonly filter: RowRule;
  /** Soft delete: the values that are written instead of deleting the rows. Empty: the rows are deleted. */
  readonly presets: ReadonlyMap<Column, RuleValue>;
  readonly backendOnly: boolean;
}
