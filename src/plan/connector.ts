import type {
  AggregateFunction,
  Column,
  OperatorSupport,
  Scalar,
  SourceFacts,
  Table,
  ValueType,
} from '../catalog/index.ts';
import type { EndSignal, FozError, HeldBytes } from '../core/index.ts';
import type { Changes } from './changes.ts';
import type { Fetch } from './model/fetch.ts';
import type { Param } from './model/param.ts';
import type { Shape } from './model/shape.ts';
import type { Write } from './model/write.ts';

/** The features of an engine. Code outside `databases/` never checks which engine it is; it reads these. */
export interface Capabilities {
  readonly operators: OperatorSupport;
  readonly aggregates: ReadonlySet<AggregateFunction>;
  /**
   * `json`: rows of to-many relationships are nested as JSON text within the parent's statement. `batched`: each
   * level is one more statement.
   */
  readonly nesting: 'json' | 'batched';
  /** Several root fields of an operation can share a statement. */
  readonly combinedRoots: boolean;
  /** INSERT, UPDATE, DELETE can return columns of the written rows. */
  readonly returning: { readonly insert: boolean; readonly update: boolean; readonly delete: boolean };
  /** An upsert can name its conflict target. Otherwise a conflict on any key counts. */
  readonly conflictTarget: boolean;
  readonly conflictWhere: boolean;
  /** An upsert can report for each returned row whether it was updated (`Write.reportsChanged`). */
  readonly upsertReportsChanged: boolean;
  /** An upsert that meets one row twice returns it twice, first as it was in between. Other engines refuse such an upsert, or return nothing. */
  readonly upsertReturnsTwice: boolean;
  /** An insert can report the conflicting row instead of failing (`Write.conflictReport`). */
  readonly insertReportsConflict: boolean;
  readonly arrays: boolean;
  readonly jsonWrite: boolean;
  /** `column(path:)` can read a path of JSON columns. */
  readonly jsonPath: boolean;
  /** A VALUES row may contain `DEFAULT`. */
  readonly defaultKeyword: boolean;
  /** Most parameters of one statement; `null`: values are part of the text. */
  readonly mostParameters: number | null;
  /** Most rows in VALUES, as 1,000 on SQL Server; `null`: only bounded by the parameters. */
  readonly mostRows: number | null;
  /** The text of a statement depends on the length of its lists and keys (see Param.capacity). */
  readonly listsByCapacity: boolean;
  /** A statement can take many sets of parameters at once, and returns one row for each: see the `roots` fetch. */
  readonly parameterSets: boolean;
}

/** A statement as it is sent to the database. A prepared statement is reused for equal text. */
export interface Statement {
  readonly text: string;
  /** One slot per placeholder, in the order of the text. */
  readonly slots: readonly Slot[];
  /** The expected types of the result columns, by index; absent where they are unknown. */
  readonly columns?: readonly (ValueType | undefined)[];
  /** The result reports its columns (`RunResult.columns`). */
  readonly describes?: boolean;
}

/** A column of a result whose types were not planned. */
export interface ResultColumn {
  readonly name: string;
  /** A value as the driver read it (not null) as JSON, in the form that fields of the API have. Digits that a double would change are a text. */
  readonly json: (value: unknown) => unknown;
}

/** A statement in the engine's own SQL with bound parameters. */
export interface NativeStatement {
  /** One that describes its result. */
  readonly statement: Statement;
  /** The values to run it with. */
  readonly values: readonly unknown[];
  /** Whether it may change data. */
  readonly isWrite: boolean;
}

/** Statements that people write in the SQL of an engine. */
export interface NativeSql {
  /**
   * Pure: binds values to the parameters of a statement, `:name`. A list stands for its values between commas, an object for its JSON text.
   * Throws FozError: `validation-failed` for a text that is not one statement that reads or writes rows, or whose parameters are others
   * than those given; `data-exception` for a value that the engine does not take.
   */
  bind(text: string, params: Readonly<Record<string, unknown>>): NativeStatement;
  /** The type of texts of any length. */
  readonly longText: string;
}

/** A placeholder: its parameter, and how a canonical value becomes the value that the driver binds. */
export interface Slot {
  readonly param: Param;
  readonly encode: (canonical: unknown) => unknown;
  /**
   * Only in a statement for many parameter sets: combines the encoded values of all sets into the one value to bind. Absent: all sets have the same value.
   */
  readonly gather?: (encoded: readonly unknown[]) => unknown;
}

/** A part of a plan, compiled for one engine. Immutable; kept in the plan cache. */
export interface Compiled {
  readonly statement: Statement;
  readonly shape: Shape;
  /** For `children aggregate`: the result row of a parent without matching rows. */
  readonly absent: readonly unknown[] | null;
}

export interface RunContext {
  /** Aborted when the client leaves or the time limit passes. The driver then cancels the statement on the server. */
  readonly signal: EndSignal;
  /** Milliseconds left when the statement starts; `null`: no limit. */
  readonly timeoutMs: number | null;
  /**
   * Counts the bytes that the request holds; exceeding its limit ends the statement with `limit-exceeded`. Absent:
   * only bounded by the longest string.
   */
  readonly held?: HeldBytes | undefined;
}

export interface RunResult {
  /**
   * Rows as arrays, in the order of the statement's columns. A value is what the driver read from the wire: null, a
   * text, a number, a bigint, a boolean or bytes. The dialect's `textOf` for its type returns the canonical text.
   * Without a `textOf`, `String(value)` must be the canonical text.
   */
  readonly rows: readonly (readonly unknown[])[];
  /** Rows matched by a write; 0 for reads. */
  readonly affected: number;
  /** The first generated key, on engines that report it instead of RETURNING. */
  readonly insertId?: string | number | bigint | null;
  /**
   * The conflict of an insert with `conflictReport`. `key`: on the conflict target. `moved`: on the conflict target, but
   * with other values than the client provided. `other`: on another key.
   */
  readonly conflict?: 'key' | 'moved' | 'other' | null;
  /**
   * The write is stored, but its rows cannot be returned: they exceed the byte limit, or a type differs from the
   * planned one.
   */
  readonly withheld?: FozError;
  /** Only of a statement that `describes` its result; none where it has no rows. */
  readonly columns?: readonly ResultColumn[];
}

/** Runs statements, within a transaction or without one. */
export interface Runner {
  /** `values[i]` belongs to `statement.slots[i]` and is already encoded. Rejects only with FozError. */
  run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult>;
}

/** The statements that set a savepoint and roll back to it. */
export interface Savepoint {
  readonly set: Statement;
  readonly undo: Statement;
  /**
   * Releases the savepoint, also after a rollback to it. Otherwise savepoints of the same name pile up on some engines. `null`: the engine
   * needs no release.
   */
  readonly release: Statement | null;
}

export interface Connector extends Runner {
  readonly engine: string;
  readonly capabilities: Capabilities;
  /** Reads the schema. Rejects with FozError `unavailable` when the database cannot be reached. */
  introspect(options: IntrospectOptions, signal: EndSignal): Promise<SourceFacts>;
  /** Pure: compiles a read. */
  compileFetch(fetch: Fetch): Compiled;
  /**
   * Pure: whether a column of the type can hold the canonical value (not null) and compare it unchanged. A key of
   * another source that the column cannot hold has no match.
   */
  canHold(value: unknown, type: ValueType): boolean;
  /** Pure: compiles a write. */
  compileWrite(write: Write): Compiled;
  /** Pure: compiles the statement that reads columns of the conflicting row after an insert with `conflictReport`. */
  compileConflictingRow(table: Table, columns: readonly Column[]): Compiled;
  readonly savepoint: Savepoint;
  /**
   * Runs `body` in a transaction. Commits when it resolves, rolls back when it rejects. `read`: all statements see
   * the same snapshot.
   */
  transaction<T>(
    mode: 'read' | 'write',
    context: RunContext,
    body: (runner: Runner) => Promise<T>,
  ): Promise<T>;
  /**
   * A short text that changes when the schema may have changed; `null`: not available to this user. It is cheap for
   * the database, so some changes show late or never. Rejects with FozError `unavailable`.
   */
  changeHint(signal: EndSignal): Promise<string | null>;
  /** How changes of the database are followed; `null`: this engine reports none. */
  readonly changes: Changes | null;
  /** Statements in the engine's own SQL; `null`: Foz runs none on this engine. */
  readonly native: NativeSql | null;
  /** Resolves when the database answers. Rejects with FozError `unavailable`. */
  ping(signal: EndSignal): Promise<void>;
  pool(): PoolState;
  close(): Promise<void>;
}

export interface IntrospectOptions {
  /** Glob patterns (`public`, `app_*`) on namespaces. Empty: all but those of the system. */
  readonly namespaces: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  /** Glob patterns on `namespace.table` or `table`. */
  readonly tables: { readonly include: readonly string[]; readonly exclude: readonly string[] };
}

export interface PoolState {
  readonly size: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The scalars that an engine has. Others never occur in its facts. */
export type ScalarSupport = ReadonlySet<Scalar>;
