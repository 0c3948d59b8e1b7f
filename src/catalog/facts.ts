import type { NativeComparison, Scalar } from './scalars.ts';

/** The result of introspecting one database, before names, metadata and roles. Plain data that JSON can hold. */
export interface SourceFacts {
  readonly engine: string;
  /** The version as the server reports it: `15.18`, `10.11.18-MariaDB`. */
  readonly version: string;
  /** Tables of this namespace get root fields without a prefix. `null`: the engine has no namespaces. */
  readonly defaultNamespace: string | null;
  readonly tables: readonly TableFacts[];
  readonly enums: readonly EnumFacts[];
  /** Rows of the tables that metadata declares as enums, as far as they were read. */
  readonly enumTables?: readonly EnumTableFacts[];
  /** A database object that cannot be represented, and how Foz treats it. */
  readonly issues: readonly FactIssue[];
  /** Tables that the user may not read. Absent: none, or the engine does not report them. */
  readonly unreadable?: readonly UnreadableTable[];
}

export interface UnreadableTable {
  readonly namespace: string;
  readonly name: string;
}

/** The rows of an enum table. */
export interface EnumTableFacts {
  readonly namespace: string | null;
  readonly table: string;
  /** `null`: there are more rows than an enum can have. */
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
  /** Named check and exclusion constraints, and unique indexes that are no keys, with the columns that they are about; absent: none. */
  readonly constraints?: readonly KeyFacts[];
  readonly insertable: boolean;
  readonly updatable: boolean;
  readonly deletable: boolean;
  /** The effects of triggers and rules on written rows; absent: there are none. */
  readonly triggers?: TriggerFacts;
  /** Whether constraints replace or skip rows, or end the transaction, unless the statement says otherwise. */
  readonly resolvesConflicts?: boolean;
  /** The engine's estimate; `null`: it has none. */
  readonly estimatedRows: number | null;
}

/**
 * The effect of triggers and rules on written rows. `before`: they may skip rows and change values, and the returned
 * rows show it. `after`: they may change rows again after those were returned. `instead`: they store the rows themselves, maybe other ones
 * or none. Absent: there are none.
 */
export interface TriggerFacts {
  readonly insert?: TriggerEffect;
  readonly update?: TriggerEffect;
  readonly delete?: TriggerEffect;
}
export type TriggerEffect = 'before' | 'after' | 'instead';

export interface ColumnFacts {
  readonly name: string;
  /** The type as the engine spells it, for people: `character varying(40)`. */
  readonly nativeType: string;
  readonly scalar: Scalar;
  readonly array: boolean;
  /** The type name for a cast, quoted as needed, where it differs from the dialect's name for the scalar. */
  readonly castType: string | null;
  /** The name of an entry in `SourceFacts.enums`. */
  readonly enumName: string | null;
  readonly nullable: boolean;
  /** The default expression; `null`: none. */
  readonly defaultExpression: string | null;
  readonly identity: 'always' | 'by default' | null;
  /** The database computes the value; it cannot be written. */
  readonly generated: boolean;
  /** The maximum in characters (text) or bytes (bytea). */
  readonly maxLength: number | null;
  /** The number of all digits, for decimals. */
  readonly precision: number | null;
  /** The number of digits after the point, for decimals and fractional seconds. */
  readonly scale: number | null;
  /** Inclusive limits of the native integer as digits, where they differ from those of the scalar (`tinyint unsigned`). */
  readonly range: readonly [string, string] | null;
  readonly comment: string | null;
  /** The database treats some values as equal that Foz shows differently. */
  readonly lenient?: boolean;
  /** The type is a domain that the database compares only after a cast to `castType`. */
  readonly domain?: boolean;
  /** The collation, quoted as needed, where it is not the default and the database compares texts of one collation only. */
  readonly collation?: string;
  /** The database stores texts in the column that are no values of its scalar. */
  readonly loose?: boolean;
  /** Whether an enum column may hold its labels in other spellings, which its collation takes for equal. */
  readonly respelled?: boolean;
  /** For `opaque` columns: the comparisons that the database supports. Absent: their texts are compared for equality. */
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
  /** The key is off, or was not applied to the rows that were there: a row may refer to none. */
  readonly unchecked?: true;
}

export interface EnumFacts {
  /** Unique within the source. Engines without named enums use `<table>_<column>`. */
  readonly name: string;
  readonly namespace: string | null;
  readonly values: readonly string[];
  readonly comment: string | null;
}
