import type {
  DeletePermission,
  InsertPermission,
  RolePermissions,
  RowValidation,
  SelectPermission,
  UpdatePermission,
} from '../../access/index.ts';
import { everyRow, type RowRule, type Table } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';

/** The permissions of a role, which the planner folds into every read and write. Tables are found by their `id`. */
export interface Rules {
  /** The row filter of the role, and its limit of rows per list. */
  select(table: Table): Pick<SelectPermission, 'filter' | 'limit'>;
  insert(table: Table): Pick<InsertPermission, 'check' | 'presets'>;
  update(table: Table): Pick<UpdatePermission, 'filter' | 'check' | 'presets'>;
  delete(table: Table): Pick<DeletePermission, 'filter' | 'presets'>;
  /** The conditions that every written row must pass, for every role. */
  validations(table: Table): readonly RowValidation[];
}

/** The conditions that every written row must pass, by table id. */
export type Validations = ReadonlyMap<string, readonly RowValidation[]>;

const everything = { filter: everyRow, limit: null, check: everyRow, presets: new Map() } as const;

const none: Validations = new Map();

/** The rules of a caller with all permissions. */
export function everythingAllowed(validations: Validations): Rules {
  return {
    select: () => everything,
    insert: () => everything,
    update: () => everything,
    delete: () => everything,
    validations: ({ id }) => validations.get(id) ?? [],
  };
}

/** As `everythingAllowed`, without validation rules. */
export const adminRules: Rules = everythingAllowed(none);

/** The rules of a role. Its graph offers only what the role may do, so a missing permission is a bug in Foz and throws. */
export function rulesOf({ role, tables }: RolePermissions, validations: Validations = none): Rules {
  const of = <K extends 'select' | 'insert' | 'update' | 'delete'>(table: Table, kind: K) => {
    const permission = tables.get(table.id)?.[kind];
    if (permission === undefined || permission === null)
      throw new FozError('permission-error', `Role ${role} has no ${kind} permission here.`);
    return permission;
  };
  return {
    // A row that the role has written but cannot read is invisible to it.
    select: (table) => tables.get(table.id)?.select ?? { filter: noRows, limit: null },
    insert: (table) => of(table, 'insert'),
    update: (table) => of(table, 'update'),
    delete: (table) => of(table, 'delete'),
    validations: ({ id }) => validations.get(id) ?? [],
  };
}

/** The filter of tables that a role may not read: no row passes. */
export const noRows: RowRule = Object.freeze({ kind: 'or', of: Object.freeze([]) });
