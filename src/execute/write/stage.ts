import type { Column, Table } from '../../catalog/index.ts';
import type { Compiled, Param, Savepoint, Write } from '../../plan/index.ts';
import type { PreparedFetch } from '../prepare.ts';

/** A tuple of canonical values, one per column. */
export type Tuple = readonly unknown[];

/** What rows are looked up for, which tells what is expected of them. */
export type Purpose =
  /** The rows that an update or a delete is about. */
  | { readonly kind: 'targets' }
  /** Whether there is a row that `if_match` has kept from being changed. */
  | { readonly kind: 'missed' }
  /** The conflicting row of an insert. */
  | { readonly kind: 'conflicting row' }
  /** Values of rows that were written; `of`: how many there should be. */
  | { readonly kind: 'back'; readonly of: number }
  /** Whether rows are stored that were not seen, or did not pass. */
  | { readonly kind: 'stored' }
  /** The highest key before rows are inserted whose keys the engine generates. */
  | { readonly kind: 'highest' }
  /** Whether written rows are stored, when a read by key lacks some of them. */
  | { readonly kind: 'lacking' }
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
  /** Whether on_conflict updated the n-th returned row; absent: the statement did not ask. */
  readonly changed?: readonly boolean[];
  /** The conflict of an insert with `conflictReport`: see RunResult. */
  readonly conflict?: 'key' | 'moved' | 'other' | null;
  /** The key that the engine generated for the n-th row of the statement; `null`: it does not tell. */
  readonly generated: ((column: Column, row: number) => unknown) | null;
}

/** Takes the compiled statements of a write: runs them in the database, or notes them for explain. */
export interface Stage {
  /** Statements are noted instead of run, including those that only some rows would need. */
  readonly isRehearsal: boolean;
  write(write: Write, compiled: Compiled): Promise<WriteResult>;
  read(lookup: Lookup, fetch: PreparedFetch): Promise<readonly Tuple[]>;
  /** JSON texts of the rows with these keys, in the order of the keys; rows the role cannot see are missing. */
  texts(
    table: Table,
    fetch: PreparedFetch,
    tuples: readonly Tuple[],
  ): Promise<readonly (string | undefined)[]>;
  /** Runs a statement that only reads session variables. */
  conflictingRow(lookup: Lookup, compiled: Compiled): Promise<readonly Tuple[]>;
  /** Runs `body` after a savepoint, and rolls back to it unless `keep` accepts the result. */
  attempt<T>(savepoint: Savepoint, body: () => Promise<T>, keep: (result: T) => boolean): Promise<T>;
  /** The value that a parameter has. */
  value(param: Param): unknown;
  /** Statements that belong together, under a title. */
  within<T>(title: string, body: () => Promise<T>): Promise<T>;
}
