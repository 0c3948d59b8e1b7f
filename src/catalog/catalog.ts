import type { SourceName } from '../core/index.ts';
import type { TableKind, TriggerFacts, UnreadableTable } from './facts.ts';
import type { Operator } from './operators.ts';
import type { ValueType } from './scalars.ts';

/** Everything that exists, resolved and frozen. Only `resolveCatalog` creates it. */
export interface Catalog {
  readonly sources: ReadonlyMap<SourceName, Source>;
  /** Sources that were never read, so that nothing about their tables can be said. */
  readonly unread: ReadonlySet<string>;
  readonly issues: readonly CatalogIssue[];
}

export interface CatalogIssue {
  /** `error`: something is left out, or a person has to decide. `note`: it works, but maybe not as the owner expects. */
  readonly severity: 'error' | 'note';
  /** `shop.public.orders.total` */
  readonly where: string;
  readonly reason: string;
  /** `names`: something did not get the name that was asked for. `follows`: the issue goes away with its cause, which is another issue or an absent source. */
  readonly topic?: 'names' | 'follows';
  /** The position in the metadata, if known: `['tables', 3, 'select_permissions', 0, 'permission']`. */
  readonly path?: readonly (string | number)[];
}

export type Naming = 'hasura-default' | 'graphql-default';

/** One attached database. */
export interface Source {
  readonly name: SourceName;
  readonly engine: string;
  readonly version: string;
  readonly naming: Naming;
  readonly customization: Customization;
  /** `number`: bigint and numeric are returned as JSON numbers. */
  readonly numbers: 'string' | 'number';
  readonly defaultNamespace: string | null;
  readonly tables: readonly Table[];
  readonly enums: readonly EnumType[];
  /** Tables that the user may not read, if the engine reports them. */
  readonly unreadable: readonly UnreadableTable[];
}

export interface Customization {
  readonly rootFields: { readonly namespace?: string; readonly prefix?: string; readonly suffix?: string };
  readonly typeNames: { readonly prefix?: string; readonly suffix?: string };
}

export interface EnumType {
  readonly name: string;
  readonly namespace: string | null;
  readonly values: readonly { readonly value: string; readonly description: string | null }[];
  readonly comment: string | null;
  /** The values are the rows of an enum table. */
  readonly ofTable?: true;
}

export interface Table {
  readonly source: Source;
  readonly namespace: string | null;
  readonly name: string;
  /** `shop.public.orders`; unique in the catalog. */
  readonly id: string;
  readonly kind: TableKind;
  readonly comment: string | null;
  readonly customName: string | null;
  /** The name in the graph that the table got earlier and keeps; `null`: it gets the name it wants. */
  readonly keptName: string | null;
  /** `select_by_<key name>` names the lookup by a unique key. */
  readonly customRootFields: Readonly<Partial<Record<RootFieldKind | `select_by_${string}`, string>>>;
  readonly columns: readonly Column[];
  readonly column: ReadonlyMap<string, Column>;
  /** From the database, or declared in metadata for a view. */
  readonly primaryKey: Key | null;
  /** Primary first, then unique keys. */
  readonly keys: readonly Key[];
  readonly relationships: readonly Relationship[];
  /** The columns that each constraint of the table is about, by its name. For errors; hidden columns are included. */
  readonly constraints: ReadonlyMap<string, readonly string[]>;
  /** Names of declared relationships that were left out because of a fault. */
  readonly lostRelationships: readonly string[];
  readonly insertable: boolean;
  readonly updatable: boolean;
  readonly deletable: boolean;
  /** Effects of the database's triggers and rules on written rows. */
  readonly triggers: TriggerFacts;
  /** Whether constraints replace or skip rows, or end the transaction, unless the statement says otherwise. */
  readonly resolvesConflicts: boolean;
  /** The messages of the validation rules over whole rows. */
  readonly rowRules: readonly string[];
  /** Whether reads of the table are recorded in the audit log. */
  readonly auditReads: boolean;
  /** A column that each write makes greater, declared in metadata; `null`: none is known. */
  readonly versionColumn: Column | null;
  /** Permissions of the role; `null` in the whole catalog, which allows everything. */
  readonly access: TableAccess | null;
}

/** Permissions of a role on a table. The `columns` of the role's Table are those that it can read. */
export interface TableAccess {
  /** The table of the whole catalog. Names are made from it, so that they are the same for every role. */
  readonly whole: Table;
  /** Whether rows can be read. */
  readonly select: boolean;
  /** Whether rows can be aggregated. */
  readonly aggregate: boolean;
  /** The root fields that the role is limited to in queries and in subscriptions; `null`: no limit. */
  readonly roots: Readonly<Record<'query' | 'subscription', ReadonlySet<RootFieldKind> | null>>;
  /** Columns that the role may provide on insert. */
  readonly insertColumns: readonly Column[];
  /** Columns that a preset writes on insert, so that the client cannot. */
  readonly insertPresets: ReadonlySet<Column>;
  readonly updateColumns: readonly Column[];
}

export type RootFieldKind =
  | 'select'
  | 'select_by_pk'
  | 'select_aggregate'
  | 'select_stream'
  | 'select_changes'
  | 'select_connection'
  | 'insert'
  | 'insert_one'
  | 'update'
  | 'update_by_pk'
  | 'update_many'
  | 'delete'
  | 'delete_by_pk';

export interface Key {
  readonly name: string;
  readonly primary: boolean;
  readonly columns: readonly Column[];
}

export interface Column {
  readonly name: string;
  readonly customName: string | null;
  readonly type: ValueType;
  readonly enumType: EnumType | null;
  /** The type for people: `character varying(40)`. */
  readonly nativeType: string;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  readonly identity: 'always' | 'by default' | null;
  readonly generated: boolean;
  readonly maxLength: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly range: readonly [string, string] | null;
  readonly comment: string | null;
  /** Position in the table, from 0. */
  readonly ordinal: number;
  /**
   * The rows in which a role sees the value. In other rows it is NULL to the role, wherever the column is used.
   * `null`: no mask.
   */
  readonly mask: RowRule | null;
  /** Validation rules for written values. */
  readonly validation: readonly ValidationRule[];
}

/**
 * When keys of two sources are equal. `exact`: their canonical values are equal. `ignore case`: they are equal once
 * A to Z are lowered. Within a source the database compares.
 */
export type KeyComparison = 'exact' | 'ignore case';

export interface Relationship {
  /** The name before the naming convention is applied: `customer`, `order_items`. */
  readonly name: string;
  readonly kind: 'object' | 'array';
  readonly from: Table;
  readonly to: Table;
  /** Pairs of equal columns, never empty. */
  readonly mapping: readonly { readonly from: Column; readonly to: Column }[];
  /** `to` lives in another source. */
  readonly remote: boolean;
  /** How keys are compared, for a relationship into another source; absent for others. */
  readonly compare?: KeyComparison | undefined;
  /**
   * For an object relationship: a row may have no related row (a nullable column, another source, or the far side of
   * a one-to-one).
   */
  readonly nullable: boolean;
  /** At most one row of `to` can match: the mapped columns of `to` hold a key. */
  readonly unique: boolean;
  /** The side that holds the foreign key. Array relationships: always `to`. */
  readonly owner: 'from' | 'to';
  readonly comment: string | null;
  /**
   * The text that identifies the foreign key of the relationship when names are kept; `null`: the relationship is
   * declared in metadata.
   */
  readonly foreignKey: string | null;
}

/**
 * A condition over a row of one table, resolved from metadata: row filters, checks, masks. An empty `and` is true,
 * an empty `or` is false. It refers only to columns and tables that exist. Values are constants or session
 * variables.
 */
export type RowRule =
  | { readonly kind: 'and' | 'or'; readonly of: readonly RowRule[] }
  | { readonly kind: 'not'; readonly of: RowRule }
  | {
      readonly kind: 'compare';
      readonly column: Column;
      readonly op: Exclude<Operator, '_is_null' | '_between'>;
      readonly value: RuleValue;
    }
  | {
      readonly kind: 'between';
      readonly column: Column;
      readonly low: RuleValue;
      readonly high: RuleValue;
    }
  | { readonly kind: 'is null'; readonly column: Column; readonly negated: boolean }
  /** One column compared with another of the same row (`_ceq` ...). */
  | { readonly kind: 'columns'; readonly left: Column; readonly op: ColumnComparison; readonly right: Column }
  /** Some row of the relationship passes. The relationship may lead to another source. */
  | { readonly kind: 'exists'; readonly relationship: Relationship; readonly where: RowRule }
  /** `table` has a row that passes (`_exists`). It is a table of the same source and need not be related. */
  | { readonly kind: 'exists table'; readonly table: Table; readonly where: RowRule };

export type ColumnComparison = '_eq' | '_neq' | '_gt' | '_gte' | '_lt' | '_lte';

export type RuleValue =
  /** In canonical form: see Param. */
  | { readonly kind: 'constant'; readonly value: unknown }
  /** A session variable, in lower case and without prefix (`user-id`). For list operators it holds all elements. */
  | { readonly kind: 'session'; readonly name: string }
  | { readonly kind: 'list'; readonly of: readonly RuleValue[] };

/** A rule for values of a column, beyond those of the database. */
export interface ValidationRule {
  /** `must match ^[A-Z]+$`: follows the column's name in errors, and is part of the description in the graph. */
  readonly text: string;
  /** The owner's message; `null`: the column's name and `text`. */
  readonly message: string | null;
  /** The rule as written in the metadata; it identifies the rule. */
  readonly given: unknown;
  /** Whether a canonical value that is not null passes. */
  readonly passes: (value: unknown) => boolean;
}
