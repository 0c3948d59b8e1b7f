import type { RootFieldKind } from './catalog.ts';

/** What people declare about tables beyond what the database says, in the words of Hasura's metadata. */
export interface Metadata {
  readonly tables: readonly TableMetadata[];
}

export interface TableMetadata {
  readonly source: string;
  readonly table: TableName;
  readonly configuration?: TableConfiguration;
  /** A key for a view, or for a table that has none: columns that are unique together. */
  readonly primary_key?: readonly string[];
  /** `false`: the table is left out. */
  readonly tracked?: boolean;
  readonly object_relationships?: readonly RelationshipMetadata[];
  readonly array_relationships?: readonly RelationshipMetadata[];
  readonly remote_relationships?: readonly RemoteRelationshipMetadata[];
}

/** `orders` (default namespace), or `{ schema: sales, name: orders }`. */
export type TableName = string | { readonly schema?: string | null; readonly name: string };

export interface TableConfiguration {
  readonly custom_name?: string;
  /** `select_by_<key name>` names the lookup by a unique key. */
  readonly custom_root_fields?: Readonly<Partial<Record<RootFieldKind | `select_by_${string}`, string>>>;
  readonly column_config?: Readonly<
    Record<
      string,
      { readonly custom_name?: string; readonly comment?: string | null; readonly hidden?: boolean }
    >
  >;
  readonly comment?: string;
}

export interface RelationshipMetadata {
  readonly name: string;
  readonly comment?: string;
  readonly using: {
    /** Own columns -> columns of the other table. */
    readonly manual_configuration?: {
      readonly remote_table: TableName;
      readonly column_mapping: Readonly<Record<string, string>>;
    };
    /** Names the columns of a foreign key, own ones or those of another table; gives its relationship another name. */
    readonly foreign_key_constraint_on?:
      | string
      | readonly string[]
      | { readonly table: TableName; readonly column?: string; readonly columns?: readonly string[] };
  };
}

export interface RemoteRelationshipMetadata {
  readonly name: string;
  readonly comment?: string;
  readonly definition: {
    readonly to_source: {
      readonly source: string;
      readonly table: TableName;
      readonly relationship_type: 'object' | 'array';
      readonly field_mapping: Readonly<Record<string, string>>;
    };
  };
}

export const noMetadata: Metadata = { tables: [] };
