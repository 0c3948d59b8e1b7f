import type { Column, RootFieldKind, RowRule, RuleValue, Table } from '../catalog/index.ts';
import type { RoleName } from '../core/index.ts';

/** What one role may do, table by table; a table that is not in it does not exist for the role. */
export interface RolePermissions {
  readonly role: RoleName;
  /** By table id. */
  readonly tables: ReadonlyMap<string, TablePermission>;
}

/** What a role may do with one table; `null`: nothing of the kind. Columns and rules are those of the whole catalog. */
export interface TablePermission {
  readonly table: Table;
  readonly select: SelectPermission | null;
  readonly insert: InsertPermission | null;
  readonly update: UpdatePermission | null;
  readonly delete: DeletePermission | null;
}

/** A condition that every written row passes, whoever wrote it, and what is said where one does not. */
export interface RowValidation {
  readonly rule: RowRule;
  readonly message: string;
}

export interface SelectPermission {
  readonly columns: readonly Column[];
  /** Rows in which the role sees the column; a column that is not in it is seen in all rows. */
  readonly masks: ReadonlyMap<Column, RowRule>;
  readonly filter: RowRule;
  /** Most rows of one list; `null`: any number. */
  readonly limit: number | null;
  readonly aggregations: boolean;
  /** The only root fields; `null`: all. */
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
  /** What is written into the rows instead of removing them; empty: they are removed. */
  readonly presets: ReadonlyMap<Column, RuleValue>;
  readonly backendOnly: boolean;
}
