import type { NativeComparison, Scalar } from './scalars.ts';

/** What introspection read from one database, before names, metadata and roles: plain data, JSON-serialisable. */
export interface SourceFacts {
  readonly engine: string;
  /** As the server spells it: `15.18`, `10.11.18-MariaDB`. */
  readonly version: string;
  /** Tables of this namespace get root fields without a prefix. `null`: the engine has no namespaces. */
  readonly defaultNamespace: string | null;
  readonly tables: readonly TableFacts[];
  readonly enums: readonly EnumFacts[];
  /** Rows of tables that metadata declares as enums, as far as they were read. */
  readonly enumTables?: readonly EnumTableFacts[];
  /** What could not be represented, and what was done instead. */
  readonly issues: readonly FactIssue[];
}

/** The rows of a table that are the values of an enum. */
export interface EnumTableFacts {
  readonly namespace: string | null;
  readonly table: string;
  /** `null`: there are more than an enum can have. */
  readonly values: readonly { readonly value: string; readonly description: string | null }[] | null;
}

export interface FactIssue {
  readonly namespace: string | null;
  readonly table: string | null;
  readonly column: string | null;
  readonly reason: string;
  /** Default: `note`. */
  readonly severity?: 'error' | 'note';
}

export type TableKind = 'table' | 'view' | 'materialized view' | 'partitioned table' | 'foreign table';

export interface TableFacts {
  readonly namespace: string | null;
  readonly name: string;
  readonly kind: TableKind;
  readonly comment: string | null;
  readonly columns: readonly ColumnFacts[];
  readonly primaryKey: KeyFacts | null;
  readonly uniqueKeys: readonly KeyFacts[];
  readonly foreignKeys: readonly ForeignKeyFacts[];
  readonly insertable: boolean;
  readonly updatable: boolean;
  readonly deletable: boolean;
  /** Absent: nothing stands between a write and what is stored. */
  readonly triggers?: TriggerFacts;
  /** The engine's own estimate; `null` where it has none. */
  readonly estimatedRows: number | null;
}

/**
 * The effect of triggers and rules on the rows of a write. `before`: they may skip rows and change values, and the returned rows show
 * it. `after`: they may change rows once more, which the returned rows do not show. Absent: there are none.
 */
export interface TriggerFacts {
  readonly insert?: TriggerEffect;
  readonly update?: TriggerEffect;
  readonly delete?: TriggerEffect;
}
export type TriggerEffect = 'before' | 'after';

export interface ColumnFacts {
  readonly name: string;
  /** As the engine spells it, for people: `character varying(40)`. */
  readonly nativeType: string;
  readonly scalar: Scalar;
  readonly array: boolean;
  /** Spelling for a cast, quoted as needed, where it differs from what the dialect knows for the scalar. */
  readonly castType: string | null;
  /** Name of an entry of `SourceFacts.enums`. */
  readonly enumName: string | null;
  readonly nullable: boolean;
  /** The default expression as text; `null`: none. */
  readonly defaultExpression: string | null;
  readonly identity: 'always' | 'by default' | null;
  /** Computed by the database; never written. */
  readonly generated: boolean;
  /** Characters (text) or bytes (bytea). */
  readonly maxLength: number | null;
  /** All digits, for decimals. */
  readonly precision: number | null;
  /** Digits after the point (decimals), or of fractional seconds. */
  readonly scale: number | null;
  /** Inclusive limits of the native integer where narrower or wider than the scalar (`tinyint unsigned`), as digits. */
  readonly range: readonly [string, string] | null;
  readonly comment: string | null;
  /** The database takes values of the column for equal that differ as Foz shows them. */
  readonly lenient?: boolean;
  /** For `opaque` columns: what the database compares itself; absent: their texts are compared for equality. */
  readonly compares?: NativeComparison;
}

export interface KeyFacts {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface ForeignKeyFacts {
  readonly name: string;
  readonly columns: readonly string[];
  readonly toNamespace: string | null;
  readonly toTable: string;
  readonly toColumns: readonly string[];
}

export interface EnumFacts {
  /** Unique within the source; engines without named enums say `<table>_<column>`. */
  readonly name: string;
  readonly namespace: string | null;
  readonly values: readonly string[];
  readonly comment: string | null;
}
