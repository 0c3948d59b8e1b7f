import type { SourceName } from '../core/index.ts';
import type { TableKind, TriggerFacts } from './facts.ts';
import type { Operator } from './operators.ts';
import type { ValueType } from './scalars.ts';

/** Everything that exists, resolved and frozen. Made by `resolveCatalog` only. */
export interface Catalog {
  readonly sources: ReadonlyMap<SourceName, Source>;
  readonly issues: readonly CatalogIssue[];
}

export interface CatalogIssue {
  /** `error`: the thing is left out, or somebody has to decide. `note`: it works, but not as its owner may expect. */
  readonly severity: 'error' | 'note';
  /** `shop.public.orders.total` */
  readonly where: string;
  readonly reason: string;
  /** Where in the metadata it stands, as far as that is known: `['tables', 3, 'select_permissions', 0, 'permission']`. */
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
  /** `number`: bigint and numeric leave as JSON numbers. */
  readonly numbers: 'string' | 'number';
  readonly defaultNamespace: string | null;
  readonly tables: readonly Table[];
  readonly enums: readonly EnumType[];
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
  /** Its values are the rows of a table. */
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
  /** The name in the graph that the table was given earlier and keeps; `null`: it asks for its own. */
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
  readonly insertable: boolean;
  readonly updatable: boolean;
  readonly deletable: boolean;
  /** The effect of the database's own triggers and rules on written rows. */
  readonly triggers: TriggerFacts;
  /** What is said where a written row breaks a rule over the whole row. */
  readonly rowRules: readonly string[];
  /** Reads of it are written into the audit log. */
  readonly auditReads: boolean;
  /** What a role may do with the table; `null` in the whole catalog, where nothing is forbidden. */
  readonly access: TableAccess | null;
}

/** A table as one role sees it: its `columns` are those that the role can read. */
export interface TableAccess {
  /** The table of the whole catalog. Names are made from it, so that they are the same for every role. */
  readonly whole: Table;
  /** Rows can be read. */
  readonly select: boolean;
  /** Rows can be counted, summed, ... */
  readonly aggregate: boolean;
  /** The only root fields, where the role is limited to some; `null`: all that follow from the rest. */
  readonly roots: ReadonlySet<RootFieldKind> | null;
  /** Columns that the role may give on insert, set on update. */
  readonly insertColumns: readonly Column[];
  /** Columns that are written on insert whatever the role says. */
  readonly insertPresets: ReadonlySet<Column>;
  readonly updateColumns: readonly Column[];
}

export type RootFieldKind =
  | 'select'
  | 'select_by_pk'
  | 'select_aggregate'
  | 'select_stream'
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
  /** For people: `character varying(40)`. */
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
  /** Rows for which a role sees the value; elsewhere it is NULL to the role, in every position. `null`: all rows. */
  readonly mask: RowRule | null;
  /** What values that are written must be besides. */
  readonly validation: readonly ValidationRule[];
}

/**
 * When keys of two sources are equal. `exact`: their canonical values are. `ignore case`: so they are once the letters A to Z are
 * written small. Within a source the database's own equality counts.
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
  /** For a relationship into another source; absent for others. */
  readonly compare?: KeyComparison | undefined;
  /** For an object relationship: there may be no row (a nullable column, another source, or the far side of a one-to-one). */
  readonly nullable: boolean;
  /** At most one row of `to` can match: the mapped columns of `to` hold a key. */
  readonly unique: boolean;
  /** Which side holds the foreign key: `from` refers to `to`, or the other way round. Array relationships: always `to`. */
  readonly owner: 'from' | 'to';
  readonly comment: string | null;
  /** The foreign key that it was found by, as its name is kept for it; `null`: it is declared. */
  readonly foreignKey: string | null;
}

/**
 * A condition over a row of one table, resolved from metadata: row permissions, checks, masks. `and` of nothing is true, `or` of
 * nothing is false. It holds names of nothing but what exists, and values only as constants or session variables.
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
  /** Column against column of the same row (`_ceq` ...). */
  | { readonly kind: 'columns'; readonly left: Column; readonly op: ColumnComparison; readonly right: Column }
  /** Some row of the relationship, which may lead to another source, passes. */
  | { readonly kind: 'exists'; readonly relationship: Relationship; readonly where: RowRule }
  /** Some row of any table of the same source passes (`_exists`). */
  | { readonly kind: 'exists table'; readonly table: Table; readonly where: RowRule };

export type ColumnComparison = '_eq' | '_neq' | '_gt' | '_gte' | '_lt' | '_lte';

export type RuleValue =
  /** In canonical form: see Param. */
  | { readonly kind: 'constant'; readonly value: unknown }
  /** A session variable, lower case without prefix (`user-id`). For lists it holds all elements. */
  | { readonly kind: 'session'; readonly name: string }
  | { readonly kind: 'list'; readonly of: readonly RuleValue[] };

/** What values of a column must be, beyond what the database says. */
export interface ValidationRule {
  /** `must match ^[A-Z]+$`: follows the column's name in errors, and stands in the graph's descriptions. */
  readonly text: string;
  /** The owner's own words; `null`: the column's name and `text`. */
  readonly message: string | null;
  /** What the metadata says, by which rules are told apart. */
  readonly given: unknown;
  /** Whether a canonical value that is not null passes: follows from what is given and the type of the column. */
  readonly passes: (value: unknown) => boolean;
}
