import type { AuthConfig } from '../../auth/index.ts';
import type { CatalogIssue, Metadata, Naming } from '../../catalog/index.ts';
import type { OutboundConfig } from '../../outbound/index.ts';
import type { AllowListConfig, LimitSettings, SourceConfig } from '../../views/index.ts';

/** `foz.yaml` after validation, with every `${...}` replaced. Its JSON Schema is `schema/foz.schema.json`. */
export interface FozConfig {
  readonly naming?: Naming;
  readonly numbers?: 'string' | 'number';
  readonly key_cap?: number;
  readonly plan_cache?: number;
  /** Seconds between checks for a changed schema; 0: none. */
  readonly schema_check_seconds?: number;
  readonly state?: string;
  /** File for the names; absent: they are in the store, or in `names.json` of the state folder. */
  readonly names?: string;
  readonly server?: ServerConfig;
  readonly auth?: AuthConfig;
  /** Requests that Foz sends. */
  readonly outbound?: OutboundConfig;
  /** Deliveries of events and runs of workflows. */
  readonly workflow?: WorkflowConfig;
  /** Foz's own store; absent: an embedded one in the state folder (or FOZ_STORE_URL). */
  readonly store?: { readonly url?: string };
  /** Whether writes and refusals are recorded in the audit log; default: where there is `auth`. */
  readonly audit?:
    | boolean
    | {
        readonly when_down?: 'closed' | 'open';
        /** Records older than this are removed; `null`: none are. */
        readonly retention_days?: number | null;
      };
  /** Allow lists: the operations that a role may run. */
  readonly allow_list?: readonly AllowListConfig[];
  /** Further permissions of the control API. */
  readonly control?: {
    /** Folder of the database files that may be attached at run time; absent: none may be. */
    readonly files?: string;
  };
  readonly sources: readonly SourceConfig[];
  /** Never in a file: sources whose settings are faulty, so that a check has left them out. */
  readonly unread_sources?: readonly string[];
  /** Read from the file or folder, if the configuration names one. */
  readonly metadata?: Metadata;
  /** The file or folder that `metadata` was read from. */
  readonly metadataPlace?: string;
}

export interface ServerConfig {
  readonly host?: string;
  readonly port?: number | string;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly cors?: readonly string[];
  /** Further host names of a server without `auth`, besides addresses, localhost and `host`; `*`: any. */
  readonly hosts?: readonly string[];
  /** Milliseconds that a client may take to send a request. */
  readonly receive_ms?: number;
  /** Secret for the control API of a server without `auth`. */
  readonly admin_secret?: string;
  readonly graphiql?: boolean;
  readonly metrics?: boolean;
  readonly websocket?: WebsocketConfig;
  readonly answers?: AnswersConfig;
  readonly show_database_errors?: boolean;
  readonly limits?: LimitSettings;
}

/** Settings of durable work: deliveries of events and runs of workflows; all with defaults. */
export interface WorkflowConfig {
  /** Whether this process makes deliveries and does runs. */
  readonly enabled?: boolean;
  /** Most deliveries and runs that this process works on at once. */
  readonly concurrency?: number;
  /** Days after which ended deliveries are removed; `null`: they are kept. */
  readonly delivery_retention_days?: number | null;
  /** Days after which ended runs are removed; `null`: they are kept. */
  readonly run_retention_days?: number | null;
  /** The environment variables that metadata of the store may use; a `*` at the end stands for any end. */
  readonly environment?: readonly string[];
}

/** Limits on responses that clients have not read yet; each setting has a default. */
export interface AnswersConfig {
  readonly held_bytes?: number;
  readonly held_bytes_per_caller?: number;
  readonly write_ms?: number;
}

/** Settings of GraphQL over WebSocket, all with defaults. */
export interface WebsocketConfig {
  readonly enabled?: boolean;
  readonly max_connections?: number;
  readonly max_connections_per_caller?: number;
  /** Concurrent operations on one connection. */
  readonly max_operations?: number;
  /** Milliseconds for a client to send `connection_init`. */
  readonly init_ms?: number;
  /** Milliseconds between pings. */
  readonly keepalive_ms?: number;
  /** Bytes that may be queued for a client. */
  readonly buffer_bytes?: number;
}

/** A problem of a setting that the databases or the metadata show. */
export interface ConfigIssue extends CatalogIssue {
  /** The path of the setting: `['auth', 'api_keys', 0]`. */
  readonly inConfig: readonly (string | number)[];
}

/** A problem of a configuration file: `line` and `column` count from 1. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `sources[0].url` */
  readonly where: string;
  readonly message: string;
}

/** All problems of a configuration at once. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    super(
      problems
        .map(
          (problem) =>
            `${problem.file}:${problem.line}:${problem.column}  ${problem.where}: ${problem.message}`,
        )
        .join('\n'),
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
