import type { Column, Table } from '../../catalog/index.ts';
import type { Compiled, Param, Write } from '../../plan/index.ts';
import type { PreparedFetch } from '../prepare.ts';

/** A tuple of canonical values, one per column. */
export type Tuple = readonly unknown[];

/** What rows are looked up for, which tells what is expected of them. */
export type Purpose =
  /** The rows that an update or a delete is about. */
  | { readonly kind: 'targets' }
  /** Whether a row is there that `if_match` has kept from being changed. */
  | { readonly kind: 'missed' }
  /** Whether the row is there that an upsert would change. */
  | { readonly kind: 'existing' }
  /** Values of a row that was written. */
  | { readonly kind: 'back' }
  /** Values that the database has computed, for the rules of their columns. */
  | { readonly kind: 'computed' }
  /** Which of `of` written rows pass a rule; `rule`: what is said where one does not, `null`: the check of the permission. */
  | {
      readonly kind: 'passing';
      readonly rows: 'new' | 'changed' | 'written';
      readonly rule: string | null;
      readonly of: number;
    };

/** A read of canonical values. */
export interface Lookup {
  readonly purpose: Purpose;
  readonly table: Table;
  readonly columns: readonly Column[];
}

/** What came of a statement that writes; `returned` holds canonical values of the returned columns. */
export interface WriteResult {
  readonly affected: number;
  readonly returned: readonly Tuple[];
  /** The key that the engine generated for the n-th row of the statement; `null`: it does not tell. */
  readonly generated: ((column: Column, row: number) => unknown) | null;
}

/** Where the statements of a write go once they are compiled: to the database, or into what is told of them. */
export interface Stage {
  write(write: Write, compiled: Compiled): Promise<WriteResult>;
  read(lookup: Lookup, fetch: PreparedFetch): Promise<readonly Tuple[]>;
  /** JSON texts of the rows with these keys, in the order of the keys; rows the role cannot see are missing. */
  texts(
    table: Table,
    fetch: PreparedFetch,
    tuples: readonly Tuple[],
  ): Promise<readonly (string | undefined)[]>;
  /** The value that a parameter has. */
  value(param: Param): unknown;
  /** Statements that belong together, under a title. */
  within<T>(title: string, body: () => Promise<T>): Promise<T>;
}
