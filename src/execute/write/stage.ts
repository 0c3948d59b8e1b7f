import type { Column, Table } from '../../catalog/index.ts';
import type { Compiled, Param, Savepoint, Write } from '../../plan/index.ts';
import type { PreparedFetch } from '../prepare.ts';

/** A tuple of canonical values, one per column. */
export type Tuple = readonly unknown[];

/** The purpose of a lookup. It determines the expected number of rows in a rehearsal. */
export type Purpose =
  /** The target rows of an update or a delete. */
  | { readonly kind: 'targets' }
  /** Whether a row exists that `if_match` has excluded from an update. */
  | { readonly kind: 'missed' }
  /** The conflicting row of an insert. */
  | { readonly kind: 'conflicting row' }
  /** Values of written rows; `of`: how many are expected. */
  | { readonly kind: 'back'; readonly of: number }
  /** Whether rows exist that another lookup did not return. */
  | { readonly kind: 'stored' }
  /** The highest key before an insert with generated keys. */
  | { readonly kind: 'highest' }
  /** Whether written rows are stored, when a read by key lacks some of them. */
  | { readonly kind: 'lacking' }
  /** Values that the database has computed, to be validated by the rules of their columns. */
  | { readonly kind: 'computed' }
  /** Which of `of` written rows pass a rule. `rule`: its error message; `null`: it is the check of the permission. */
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

/** The result of a write statement. `returned` has canonical values of the returned columns. */
export interface WriteResult {
  readonly affected: number;
  readonly returned: readonly Tuple[];
  /** Whether on_conflict updated the n-th returned row; absent: the statement does not report it. */
  readonly changed?: readonly boolean[];
  /** The conflict of an insert with `conflictReport`: see RunResult. */
  readonly conflict?: 'key' | 'moved' | 'other' | null;
  /** The key that the engine generated for the n-th row of the statement; `null`: the engine does not report it. */
  readonly generated: ((column: Column, row: number) => unknown) | null;
}

/** Takes the compiled statements of a write. It runs them in the database, or collects them for explain. */
export interface Stage {
  /** Statements are collected instead of run, including those that only some rows would need. */
  readonly isRehearsal: boolean;
  write(write: Write, compiled: Compiled): Promise<WriteResult>;
  read(lookup: Lookup, fetch: PreparedFetch): Promise<readonly Tuple[]>;
  /** JSON texts of the rows with these keys, in the order of the keys; rows that the role cannot see are missing. */
  texts(
    table: Table,
    fetch: PreparedFetch,
    tuples: readonly Tuple[],
  ): Promise<readonly (string | undefined)[]>;
  /** Runs a statement that only reads session variables. */
  conflictingRow(lookup: Lookup, compiled: Compiled): Promise<readonly Tuple[]>;
  /** Runs `body` after a savepoint, and rolls back to it unless `keep` accepts the result. */
  attempt<T>(savepoint: Savepoint, body: () => Promise<T>, keep: (result: T) => boolean): Promise<T>;
  /** The value of a parameter. */
  value(param: Param): unknown;
  /** Runs `body`. Explain lists its statements under the title. */
  within<T>(title: string, body: () => Promise<T>): Promise<T>;
}
