import type { LimitsConfig } from '../access/index.ts';
import type { Metadata, Naming } from '../catalog/index.ts';
import type { SourceKind } from './sources/kinds.ts';

/** The settings that determine the graphs and their engines. */
export interface GraphsConfig {
  readonly naming?: Naming;
  readonly numbers?: 'string' | 'number';
  readonly key_cap?: number;
  readonly plan_cache?: number;
  readonly server?: { readonly show_database_errors?: boolean; readonly limits?: LimitSettings };
  /** Allow-lists. A role with a list may only run the operations on it. */
  readonly allow_list?: readonly AllowListConfig[];
  readonly metadata?: Metadata;
  readonly workflow?: { readonly environment?: readonly string[] };
  /** Never in a file: sources whose settings are faulty, so that a check has left them out. */
  readonly unread_sources?: readonly string[];
}

/** The limits of all callers, and those of roles. */
export interface LimitSettings extends LimitsConfig {
  /** By role. A limit that is absent here is that of all callers. */
  readonly roles?: Readonly<Record<string, LimitsConfig>>;
}

export interface AllowListConfig {
  readonly role: string;
  /** `enforce` (default): operations that are not on the list are refused. `report`: they are logged. */
  readonly mode?: 'enforce' | 'report';
  /** GraphQL documents, or JSON lists of them (see `documentsIn`). */
  readonly operations: readonly string[];
}

export interface Patterns {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/**
 * The method by which the changes of a source are followed. `auto`: the best one that the database allows now. `polling`: watched queries run
 * once a second. `off`: none, so its tables cannot be subscribed to.
 */
export type ChangeSetting = 'auto' | 'replication' | 'triggers' | 'polling' | 'off';

/** The rights of steps `sql` of workflows on a source. */
export type SqlSteps = 'off' | 'read' | 'write';

/** The long form of the setting `changes`. */
export interface ChangesConfig {
  readonly method?: ChangeSetting;
  /** The server itself, where `url` leads to a connection pooler. */
  readonly url?: string;
  readonly publication?: string;
  /** How long, and how many bytes of, changed rows are kept in the store. */
  readonly keep?: { readonly seconds?: number; readonly bytes?: number };
}

/** One attached database, by `url` for servers and by `path` for embedded ones. */
export interface SourceConfig {
  readonly name: string;
  readonly kind: SourceKind;
  readonly url?: string;
  readonly path?: string;
  readonly pool?: { readonly max?: number; readonly idle_ms?: number; readonly wait_ms?: number };
  readonly tls?: {
    readonly mode: 'disable' | 'require' | 'verify-ca' | 'verify-full';
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
  };
  readonly namespaces?: Patterns;
  readonly tables?: Patterns;
  readonly naming?: Naming;
  readonly numbers?: 'string' | 'number';
  readonly prepared_statements?: boolean;
  /** Overrides the setting of the whole configuration. */
  readonly schema_check_seconds?: number;
  readonly readonly?: boolean;
  /** The rights of steps `sql` of workflows: their statements run as the user of the connection. Default: `off`. */
  readonly sql_steps?: SqlSteps;
  /** How its changes are followed; the method alone, or with a connection of its own. Default: `auto`. */
  readonly changes?: ChangeSetting | ChangesConfig;
  readonly customization?: {
    readonly root_fields?: {
      readonly namespace?: string;
      readonly prefix?: string;
      readonly suffix?: string;
    };
    readonly type_names?: { readonly prefix?: string; readonly suffix?: string };
  };
}
