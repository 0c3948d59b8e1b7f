import type { Column, Key, Table } from '../../catalog/index.ts';
import type { Param } from './param.ts';
import type { Predicate } from './predicate.ts';

/** What one statement writes. `returning` lists columns to hand back, where the engine can (Capabilities.returning). */
export type Write =
  | {
      readonly kind: 'insert';
      readonly table: Table;
      readonly columns: readonly Column[];
      /** One cell per column; `default` lets the database decide. */
      readonly rows: readonly (readonly (Param | 'default')[])[];
      readonly onConflict: OnConflict | null;
      readonly returning: readonly Column[];
      /** Each returned row also tells whether on_conflict updated an existing row (Capabilities.upsertTells). */
      readonly tellsChanged?: boolean;
      /** On a conflict insert nothing, and note the conflicting row (Capabilities.insertUnless); instead of `onConflict`. */
      readonly unless?: Unless | null;
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

export interface Unless {
  /** The conflict target; its columns are among the inserted ones. */
  readonly key: readonly Column[];
  /** Values of the key as they were given, in its order; `null`: the database decides a part of it. */
  readonly given: readonly Param[] | null;
  /** The columns of the conflicting row that are noted. */
  readonly noted: readonly Column[];
}

export interface OnConflict {
  /** `null`: any key (only where the engine cannot name one). */
  readonly key: Key | null;
  /** Empty: leave the existing row alone. */
  readonly update: readonly Column[];
  /** What is written into the existing row besides, whatever the new one holds. */
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
