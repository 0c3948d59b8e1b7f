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
import type { Fetch } from './model/fetch.ts';
import type { Param } from './model/param.ts';
import type { Shape } from './model/shape.ts';
import type { Write } from './model/write.ts';

/** What an engine can do. Nothing outside `databases/` asks which engine it is; it asks this. */
export interface Capabilities {
  readonly operators: OperatorSupport;
  readonly aggregates: ReadonlySet<AggregateFunction>;
  /** `json`: to-many rows can be built as JSON text inside the parent's statement. `batched`: one more statement per level. */
  readonly nesting: 'json' | 'batched';
  /** Root fields of one operation can share a statement. */
  readonly combinedRoots: boolean;
  /** INSERT, UPDATE, DELETE can return columns of the rows they wrote. */
  readonly returning: { readonly insert: boolean; readonly update: boolean; readonly delete: boolean };
  /** Upsert may name the constraint that decides (otherwise any key decides). */
  readonly conflictTarget: boolean;
  readonly conflictWhere: boolean;
  /** An upsert can report for each returned row whether it was new (`Write.tellsChanged`). */
  readonly upsertTells: boolean;
  /** An insert can report the conflicting row instead of failing (`Write.unless`). */
  readonly insertUnless: boolean;
  readonly arrays: boolean;
  readonly jsonWrite: boolean;
  /** Scalars whose JSON path can be read (`column(path:)`). */
  readonly jsonPath: boolean;
  /** `DEFAULT` may stand in a VALUES row. */
  readonly defaultKeyword: boolean;
  /** Most parameters of one statement; `null`: its values stand in the text. */
  readonly mostParameters: number | null;
  /** Most rows in VALUES, as 1,000 on SQL Server; `null`: as many as there are parameters for. */
  readonly mostRows: number | null;
  /** The text of a statement depends on the length of its lists and keys (see Param.capacity). */
  readonly listsByCapacity: boolean;
}

/** A statement as the database sees it. Equal text may be prepared once. */
export interface Statement {
  readonly text: string;
  /** One per placeholder, in the order of the text. */
  readonly slots: readonly Slot[];
  /** The expected types of its columns, by index; absent where they are unknown. */
  readonly columns?: readonly (ValueType | undefined)[];
}

/** A placeholder: which parameter it takes, and how the canonical value becomes what the driver binds. */
export interface Slot {
  readonly param: Param;
  readonly encode: (canonical: unknown) => unknown;
}

/** A part of a plan, compiled for one engine. Immutable; kept in the plan cache. */
export interface Compiled {
  readonly statement: Statement;
  readonly shape: Shape;
  /** For `children aggregate`: the row of a parent for which nothing matched. */
  readonly absent: readonly unknown[] | null;
}

export interface RunContext {
  /** Aborted when the client leaves or the time limit passes: the statement must be cancelled on the server. */
  readonly signal: EndSignal;
  /** Milliseconds left for the statement when it starts; `null`: no limit. */
  readonly timeoutMs: number | null;
  /** Counts the bytes that the request holds; absent: only bounded by the longest string. Rows over the limit end with `limit-exceeded`. */
  readonly held?: HeldBytes | undefined;
}

export interface RunResult {
  /**
   * Rows as arrays in the order of the statement's columns. A value is what the driver got from the wire: null, a text, a number, a bigint, a
   * boolean or bytes. Where the dialect's `textOf` gives a function for the type, that one reads it; elsewhere `String(value)` must be the
   * canonical text.
   */
  readonly rows: readonly (readonly unknown[])[];
  /** Rows matched by a write; 0 for reads. */
  readonly affected: number;
  /** First generated key, where the engine reports one instead of RETURNING. */
  readonly insertId?: string | number | bigint | null;
  /**
   * The conflict of an insert with `unless`. `key`: on the named key. `moved`: on the named key, with other values than were given.
   * `other`: on another key.
   */
  readonly met?: 'key' | 'moved' | 'other' | null;
  /** The write is stored, but its rows cannot be given: they exceed the bytes that the request may hold, or have another type than planned. */
  readonly withheld?: FozError;
}

/** Runs statements, outside of a transaction or within one. */
export interface Runner {
  /** `values[i]` belongs to `statement.slots[i]` and went through its `encode`. Rejects with FozError only. */
  run(statement: Statement, values: readonly unknown[], context: RunContext): Promise<RunResult>;
}

/** Statements that undo a part of a transaction. */
export interface Savepoint {
  readonly set: Statement;
  readonly undo: Statement;
  /** Ends it, undone or not: on some engines savepoints of one name would pile up. */
  readonly release: Statement;
}

export interface Connector extends Runner {
  readonly engine: string;
  readonly capabilities: Capabilities;
  /** Reads what exists. Rejects with FozError `unavailable` when the database cannot be reached. */
  introspect(options: IntrospectOptions, signal: EndSignal): Promise<SourceFacts>;
  /** Pure: spells a read. */
  compileFetch(fetch: Fetch): Compiled;
  /**
   * Pure: whether a column of the type can hold the canonical value (not null), and compare it with others without changing it. A key of
   * another source that the column cannot hold has no match.
   */
  holds(value: unknown, type: ValueType): boolean;
  /** Pure: spells a write. */
  compileWrite(write: Write): Compiled;
  /** Pure: a statement that reads the noted columns of the conflicting row after an insert with `unless`. */
  compileMet(table: Table, columns: readonly Column[]): Compiled;
  readonly savepoint: Savepoint;
  /**
   * Runs `body` in a transaction; commits when it resolves, rolls back when it rejects.
   * `read` is one snapshot for several statements.
   */
  transaction<T>(
    mode: 'read' | 'write',
    context: RunContext,
    body: (runner: Runner) => Promise<T>,
  ): Promise<T>;
  /**
   * A short text that changes when the schema may have changed; `null`: the engine offers none to this user. Costs the database next to
   * nothing; some changes show late or never. Rejects with FozError `unavailable`.
   */
  changeHint(signal: EndSignal): Promise<string | null>;
  /** Answers when the database does; rejects with FozError `unavailable`. */
  ping(signal: EndSignal): Promise<void>;
  pool(): PoolState;
  close(): Promise<void>;
}

export interface IntrospectOptions {
  /** Glob patterns (`public`, `app_*`) on namespaces; empty: all that are not the system's. */
  readonly namespaces: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  /** Glob patterns on `namespace.table` or `table`. */
  readonly tables: { readonly include: readonly string[]; readonly exclude: readonly string[] };
}

export interface PoolState {
  readonly size: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Scalars that an engine has; others never occur in its facts. */
export type ScalarSupport = ReadonlySet<Scalar>;
