import type { Column, Table } from '../catalog/index.ts';
import type { Param } from './param.ts';
import { always, type Predicate } from './predicate.ts';

/** What a role may do, as predicates that the planner folds into every read and write. */
export interface Rules {
  /** Rows of the table the role can see, and how many at once. */
  select(table: Table): { readonly where: Predicate; readonly limit: number | null };
  /** The new row must pass `check`; `presets` are written whatever the client says. */
  insert(table: Table): { readonly check: Predicate; readonly presets: readonly Preset[] };
  update(table: Table): {
    readonly where: Predicate;
    readonly check: Predicate;
    readonly presets: readonly Preset[];
  };
  delete(table: Table): { readonly where: Predicate };
}

/** A column the role does not write itself, and what is written instead. */
export interface Preset {
  readonly column: Column;
  readonly value: Param;
}

const everything = { where: always, limit: null, check: always, presets: [] } as const;

/** The rules of somebody who may do everything. */
export const adminRules: Rules = {
  select: () => everything,
  insert: () => everything,
  update: () => everything,
  delete: () => everything,
};
