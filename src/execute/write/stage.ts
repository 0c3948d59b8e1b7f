import type { Column, Table } from '../../catalog/index.ts';
import type { Compiled, Param, Savepoint, Write } from '../../plan/index.ts';
import type { PreparedFetch } from '../prepare.ts';

/** A tuple of canonical values, one per column. */
export type Tuple = readonly unknown[];

/** What rows are looked up for, which tells what is expected of them. */
export type Purpose =
  /** The rows that an update or a delete is about. */
  | { readonly kind: 'targets' }
  /** Whether a row is there that `if_match` has kept from being changed. */
  | { readonly kind: 'missed' }
  /** The row that was in the way of an insert. */
  | { readonly kind: 'met' }
  /** Values of rows that were written; `of`: how many there should be. */
  | { readonly kind: 'back'; readonly of: number }
  /** Whether rows are stored that were not seen, or did not pass. */
  | { readonly kind: 'stored' }
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
  /** Whether on_conflict changed the n-th returned row; absent: it was not asked for. */
  readonly changed?: readonly boolean[];
  /** A row was in the way of an insert that says `unless`: see RunResult. */
  readonly met?: 'key' | 'moved' | 'other' | null;
  /** The key that the engine generated for the n-th row of the statement; `null`: it does not tell. */
  readonly generated: ((column: Column, row: number) => unknown) | null;
}

/** Where the statements of a write go once they are compiled: to the database, or into what is told of them. */
export interface Stage {
  /** Nothing runs: statements are noted, also those that only some rows would need. */
  readonly isRehearsal: boolean;
  write(write: Write, compiled: Compiled): Promise<WriteResult>;
  read(lookup: Lookup, fetch: PreparedFetch): Promise<readonly Tuple[]>;
  /** JSON texts of the rows with these keys, in the order of the keys; rows the role cannot see are missing. */
  texts(
    table: Table,
    fetch: PreparedFetch,
    tuples: readonly Tuple[],
  ): Promise<readonly (string | undefined)[]>;
  /** Runs a statement that only reads what the session of the database has noted. */
  metRow(lookup: Lookup, compiled: Compiled): Promise<readonly Tuple[]>;
  /** Runs `body`; what it has written is undone unless `keep` says otherwise. */
  attempt<T>(savepoint: Savepoint, body: () => Promise<T>, keep: (result: T) => boolean): Promise<T>;
  /** The value that a parameter has. */
  value(param: Param): unknown;
  /** Statements that belong together, under a title. */
  within<T>(title: string, body: () => Promise<T>): Promise<T>;
}
