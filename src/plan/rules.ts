import type {
  DeletePermission,
  InsertPermission,
  RolePermissions,
  SelectPermission,
  UpdatePermission,
} from '../access/index.ts';
import { everyRow, type Table } from '../catalog/index.ts';
import { FozError } from '../core/index.ts';

/** What a role may do, as rules that the planner folds into every read and write. Tables are found by their `id`. */
export interface Rules {
  /** Rows of the table that the role can see, and how many at once. */
  select(table: Table): Pick<SelectPermission, 'filter' | 'limit'>;
  insert(table: Table): Pick<InsertPermission, 'check' | 'presets'>;
  update(table: Table): Pick<UpdatePermission, 'filter' | 'check' | 'presets'>;
  delete(table: Table): Pick<DeletePermission, 'filter'>;
}

const everything = { filter: everyRow, limit: null, check: everyRow, presets: new Map() } as const;

/** The rules of somebody who may do everything. */
export const adminRules: Rules = {
  select: () => everything,
  insert: () => everything,
  update: () => everything,
  delete: () => everything,
};

/** The rules of a role. Its graph offers nothing else, so whatever lacks a permission here is a fault of Foz: it throws. */
export function rulesOf({ role, tables }: RolePermissions): Rules {
  const of = <K extends 'select' | 'insert' | 'update' | 'delete'>(table: Table, kind: K) => {
    const permission = tables.get(table.id)?.[kind];
    if (permission === undefined || permission === null)
      throw new FozError('permission-error', `Role ${role} has no ${kind} permission here.`);
    return permission;
  };
  return {
    // A row that the role has written but cannot read is nothing to it.
    select: (table) => tables.get(table.id)?.select ?? unseen,
    insert: (table) => of(table, 'insert'),
    update: (table) => of(table, 'update'),
    delete: (table) => of(table, 'delete'),
  };
}

const unseen = { filter: Object.freeze({ kind: 'or', of: Object.freeze([]) }), limit: null } as const;
