import type { Column, Key, Table } from '../../catalog/index.ts';
import type { Param } from './param.ts';
import type { Predicate } from './predicate.ts';

/** The write of one statement. `returning`: the columns to return, where the engine can (Capabilities.returning). */
export type Write =
  | {
      readonly kind: 'insert';
      readonly table: Table;
      readonly columns: readonly Column[];
      /** One cell per column. `default`: the database decides the value. */
      readonly rows: readonly (readonly (Param | 'default')[])[];
      readonly onConflict: OnConflict | null;
      readonly returning: readonly Column[];
      /** Each returned row also reports whether on_conflict updated an existing row (Capabilities.upsertReportsChanged). */
      readonly reportsChanged?: boolean;
      /** On a conflict, insert nothing and report the conflicting row (Capabilities.insertReportsConflict). Instead of `onConflict`. */
      readonly conflictReport?: ConflictReport | null;
    }
  /** Many rows of the same columns as one parameter (shape `rows`), so that the text does not depend on their number. */
  | {
      readonly kind: 'update';
      readonly table: Table;
      readonly set: readonly Assignment[];
      readonly where: Predicate;
      readonly returning: readonly Column[];
    }
  | {
      readonly kind: 'delete';
      readonly table: Table;
      readonly where: Predicate;
      readonly returning: readonly Column[];
    };

export interface ConflictReport {
  /** The columns of the conflict target. They are among the inserted columns. */
  readonly key: readonly Column[];
  /** The values of the conflict target as the client provided them; `null`: the database decides one of them. */
  readonly given: readonly Param[] | null;
  /** The columns of the conflicting row that are reported. */
  readonly columns: readonly Column[];
}

export interface OnConflict {
  /** The conflict target; `null`: any key, only on engines that cannot name one. */
  readonly key: Key | null;
  /** Empty: the existing row stays unchanged. */
  readonly update: readonly Column[];
  /** Values written into the existing row besides, whatever the new row holds. */
  readonly presets?: readonly { readonly column: Column; readonly value: Param }[];
  readonly where: Predicate | null;
}

export type Assignment =
  | { readonly kind: 'set'; readonly column: Column; readonly value: Param | 'default' }
  | { readonly kind: 'inc' | 'mul' | 'append' | 'prepend'; readonly column: Column; readonly value: Param }
  /** A key of an object (text) or an index of an array (integer as text). */
  | { readonly kind: 'delete_key'; readonly column: Column; readonly value: Param }
  | { readonly kind: 'delete_elem'; readonly column: Column; readonly value: Param }
  | { readonly kind: 'delete_at_path'; readonly column: Column; readonly value: Param };
