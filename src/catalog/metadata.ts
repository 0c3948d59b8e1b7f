import type { RootFieldKind } from './catalog.ts';

/** Declarations about tables in the format of Hasura's metadata, beyond the facts of the database. */
export interface Metadata {
  readonly tables: readonly TableMetadata[];
  /** Roles that inherit all permissions of several others. */
  readonly inherited_roles?: readonly InheritedRoleMetadata[];
  /** Workflows: what has to be done, step by step. */
  readonly workflows?: readonly NamedMetadata[];
  /** Inbound webhooks, which start workflows. */
  readonly hooks?: readonly NamedMetadata[];
  /** Pairs of tables that are kept in step. */
  readonly syncs?: readonly NamedMetadata[];
  /** Cron triggers: deliveries to endpoints at certain times. */
  readonly cron_triggers?: readonly NamedMetadata[];
}

/** The lists of the metadata, beside tables, whose entries have a name. Each is a file of its own in a folder of metadata. */
export const namedLists = [
  'workflows',
  'hooks',
  'syncs',
  'cron_triggers',
] as const satisfies readonly (keyof Metadata)[];

/** An entry of such a list. Its settings are checked by the layer that uses them. */
export interface NamedMetadata {
  readonly name: string;
  readonly [setting: string]: unknown;
}

export interface InheritedRoleMetadata {
  readonly role_name: string;
  readonly role_set: readonly string[];
  readonly comment?: string;
}

export interface TableMetadata {
  readonly source: string;
  readonly table: TableName;
  readonly configuration?: TableConfiguration;
  /** A key for a view, or for a table without one: columns that are unique together. */
  readonly primary_key?: readonly string[];
  /** `false`: the table is left out. */
  readonly tracked?: boolean;
  /** `true`: the rows of the table are the values of an enum, the type of columns that refer to it. */
  readonly is_enum?: boolean;
  /** `true`: reads of the table are recorded in the audit log, as writes are. */
  readonly audit_reads?: boolean;
  /** How changes are noticed where the table is polled. `version_column`: a column that each write makes greater. */
  readonly changes?: { readonly version_column?: string };
  readonly object_relationships?: readonly RelationshipMetadata[];
  readonly array_relationships?: readonly RelationshipMetadata[];
  readonly remote_relationships?: readonly RemoteRelationshipMetadata[];
  /** Never in a file: names of relationships whose entries have a faulty form, so that a check has left them out. */
  readonly lost_relationships?: readonly string[];
  readonly validations?: readonly RowValidationMetadata[];
  readonly select_permissions?: readonly PermissionMetadata<SelectPermissionMetadata>[];
  readonly insert_permissions?: readonly PermissionMetadata<InsertPermissionMetadata>[];
  readonly update_permissions?: readonly PermissionMetadata<UpdatePermissionMetadata>[];
  readonly delete_permissions?: readonly PermissionMetadata<DeletePermissionMetadata>[];
  readonly event_triggers?: readonly EventTriggerMetadata[];
}

/** Where the deliveries of a trigger go, and how, in Hasura's words where it has them. */
export interface EndpointMetadata {
  /** Unique among all triggers. */
  readonly name: string;
  readonly comment?: string;
  /** `{{NAME}}` stands for an environment variable. */
  readonly webhook?: string;
  readonly webhook_from_env?: string;
  readonly headers?: readonly TriggerHeaderMetadata[];
  /** Each signs, so that a receiver can change to another one. */
  readonly signing_secrets?: readonly { readonly from_env: string }[];
  readonly form?: 'payload' | 'cloudevents';
  readonly retry_conf?: TriggerRetryMetadata;
  /** Most requests at once, of all processes. */
  readonly concurrency?: number;
  readonly breaker?: { readonly failures?: number; readonly pause_sec?: number };
}

/** Changes of the table's rows that are delivered to an endpoint. */
export interface EventTriggerMetadata extends EndpointMetadata {
  readonly definition: {
    /** Whether it can be invoked by hand, for a row that is there; default: it can. */
    readonly enable_manual?: boolean;
    /** `columns`: those of the payload. */
    readonly insert?: { readonly columns?: '*' | readonly string[] };
    /** `columns`: an update that changes none of them is not delivered. `payload`: the columns of the payload. */
    readonly update?: {
      readonly columns?: '*' | readonly string[];
      readonly payload?: '*' | readonly string[];
    };
    readonly delete?: { readonly columns?: '*' | readonly string[] };
  };
  /** Which changes are delivered; default: all. */
  readonly when?: TriggerConditionMetadata;
  /** Events with equal values of these columns are delivered one after the other. */
  readonly key?: readonly string[];
  /** The workflow that each event starts, instead of a request. */
  readonly workflow?: string;
}

/** A cron trigger: deliveries to an endpoint at certain times. */
export interface CronTriggerMetadata extends Omit<EndpointMetadata, 'retry_conf'> {
  /** A cron expression. */
  readonly schedule?: string;
  /** Instead of it: a single time, in ISO 8601. */
  readonly at?: string;
  /** Default: UTC. */
  readonly timezone?: string;
  /** Which times count that passed while no process ran; default: the last one. */
  readonly missed?: 'skip' | 'last' | 'all';
  readonly payload?: unknown;
  readonly enabled?: boolean;
  readonly retry_conf?: CronRetryMetadata;
}

/** Hasura has other words for the same settings here. */
export interface CronRetryMetadata
  extends Pick<TriggerRetryMetadata, 'num_retries' | 'factor' | 'final_statuses'> {
  readonly retry_interval_seconds?: number;
  readonly max_interval_seconds?: number;
  readonly timeout_seconds?: number;
  /** Times that passed longer ago are not made up for. */
  readonly tolerance_seconds?: number;
}

/** `old` and `new`: conditions on the row before and after. A condition on a row that is missing does not hold. */
export interface TriggerConditionMetadata {
  readonly old?: BoolExp;
  readonly new?: BoolExp;
  readonly _and?: readonly TriggerConditionMetadata[];
  readonly _or?: readonly TriggerConditionMetadata[];
  readonly _not?: TriggerConditionMetadata;
}

export interface TriggerHeaderMetadata {
  readonly name: string;
  readonly value?: string;
  /** The value is a secret: the log of attempts shows `***`. */
  readonly value_from_env?: string;
}

export interface TriggerRetryMetadata {
  /** Attempts after the first one. */
  readonly num_retries?: number;
  /** Seconds before the first of them. */
  readonly interval_sec?: number;
  /** By how much each pause is longer than the one before; default: 1, as in Hasura. */
  readonly factor?: number;
  readonly max_interval_sec?: number;
  /** Seconds that one attempt may take. */
  readonly timeout_sec?: number;
  /** Statuses after which no other attempt is made. */
  readonly final_statuses?: readonly number[];
}

/** The permission of one role on one table. Columns have their names in the database, relationships those in the catalog. */
export interface PermissionMetadata<Permission> {
  readonly role: string;
  readonly permission: Permission;
  readonly comment?: string;
}

/**
 * A condition over a row: `{ owner_id: { _eq: X-Foz-User-Id } }`. Keys are columns, relationships, `_and`, `_or`, `_not` and
 * `_exists: { _table, _where }`; operators are those of the API and `_ceq _cne _cgt _cgte _clt _clte` against another column. A text
 * that starts with `X-Foz-` or `X-Hasura-` is a session variable.
 */
export type BoolExp = Readonly<Record<string, unknown>>;

export interface SelectPermissionMetadata {
  readonly columns: '*' | readonly string[];
  readonly filter: BoolExp;
  /** Most rows of one list. */
  readonly limit?: number | null;
  readonly allow_aggregations?: boolean;
  /** The root fields that the role is limited to. Empty: none, so that the table is reached only through relationships. */
  readonly query_root_fields?:
    | readonly ('select' | 'select_by_pk' | 'select_aggregate' | 'select_connection')[]
    | null;
  readonly subscription_root_fields?:
    | readonly ('select' | 'select_by_pk' | 'select_aggregate' | 'select_stream' | 'select_changes')[]
    | null;
  /** Column masks: a column is NULL to the role except in rows that pass. */
  readonly masks?: Readonly<Record<string, BoolExp>>;
}

export interface InsertPermissionMetadata {
  readonly columns: '*' | readonly string[];
  /** Every new row must pass. */
  readonly check: BoolExp;
  /** Presets, written instead of what the client provides: constants or session variables. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Only for requests of a backend, which sends the admin secret. */
  readonly backend_only?: boolean;
}

export interface UpdatePermissionMetadata {
  readonly columns: '*' | readonly string[];
  readonly filter: BoolExp;
  /** Every changed row must pass. Absent: no check. */
  readonly check?: BoolExp | null;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly backend_only?: boolean;
}

export interface DeletePermissionMetadata {
  readonly filter: BoolExp;
  /** Soft delete: these values are written into the rows instead of deleting them. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly backend_only?: boolean;
}

/** `orders` (default namespace), or `{ schema: sales, name: orders }`. */
export type TableName = string | { readonly schema?: string | null; readonly name: string };

export interface TableConfiguration {
  readonly custom_name?: string;
  /** `select_by_<key name>` names the lookup by a unique key. */
  readonly custom_root_fields?: Readonly<Partial<Record<RootFieldKind | `select_by_${string}`, string>>>;
  readonly column_config?: Readonly<Record<string, ColumnConfig>>;
  readonly comment?: string;
}

export interface ColumnConfig {
  readonly custom_name?: string;
  readonly comment?: string | null;
  /** No role sees the column. */
  readonly hidden?: boolean;
  /** Validation rules for written values. Each entry may hold several rules. They do not apply to NULL. */
  readonly validation?: readonly ColumnValidationMetadata[];
}

export interface ColumnValidationMetadata {
  /** A regular expression of JavaScript, matched anywhere in the text. */
  readonly pattern?: string;
  readonly min?: string | number;
  readonly max?: string | number;
  /** Characters of a text, elements of an array. */
  readonly min_length?: number;
  readonly max_length?: number;
  readonly one_of?: readonly (string | number | boolean)[];
  /** For JSON columns: draft 2020-12. */
  readonly json_schema?: object;
  /** The message for the client, instead of the rule. */
  readonly message?: string;
}

/** A condition that every written row must pass, for every role. */
export interface RowValidationMetadata {
  readonly check: BoolExp;
  readonly message: string;
}

export interface RelationshipMetadata {
  readonly name: string;
  readonly comment?: string;
  readonly using: {
    /** Own columns mapped to columns of the other table. */
    readonly manual_configuration?: {
      readonly remote_table: TableName;
      readonly column_mapping: Readonly<Record<string, string>>;
    };
    /**
     * The columns of a foreign key, of this table or of another one. The relationship of the foreign key gets the
     * declared name.
     */
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
      /** How keys are compared: `exact` (default), or `ignore_case` for texts that differ only in the case of A to Z. */
      readonly compare?: 'exact' | 'ignore_case';
    };
  };
}

export const noMetadata: Metadata = { tables: [] };
