import type { LimitsConfig } from '../access/index.ts';
import type { AuthConfig } from '../auth/index.ts';
import type { Metadata, Naming } from '../catalog/index.ts';

export type { LimitsConfig };

/** `foz.yaml` after checking, with every `${...}` filled in. Its JSON Schema is `schema/foz.schema.json`. */
export interface FozConfig {
  readonly naming?: Naming;
  readonly numbers?: 'string' | 'number';
  readonly key_cap?: number;
  readonly plan_cache?: number;
  /** Seconds between two looks for a changed schema; 0: none. */
  readonly schema_check_seconds?: number;
  readonly state?: string;
  /** File that names are kept in; absent: the store, or `names.json` in the state folder. */
  readonly names?: string;
  readonly server?: ServerConfig;
  readonly auth?: AuthConfig;
  /** Foz's own store; absent: an embedded one in the state folder (or FOZ_STORE_URL). */
  readonly store?: { readonly url?: string };
  /** Whether account is kept of writes and refusals; unless told, wherever there is `auth`. */
  readonly audit?:
    | boolean
    | {
        readonly when_down?: 'closed' | 'open';
        /** Records older than so many days are removed; `null`: none are. */
        readonly retention_days?: number | null;
      };
  /** Roles that may ask for nothing but these operations. */
  readonly allow_list?: readonly AllowListConfig[];
  /** What the control API may do beyond the rules of the configuration. */
  readonly control?: {
    /** Folder that databases in files must lie in to be attached at run time; absent: none may be. */
    readonly files?: string;
  };
  readonly sources: readonly SourceConfig[];
  /** Already read where the file gives a path. */
  readonly metadata?: Metadata;
  /** The file or folder that `metadata` was read from. */
  readonly metadataPlace?: string;
}

export interface ServerConfig {
  readonly host?: string;
  readonly port?: number | string;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly cors?: readonly string[];
  /** Names that Foz is asked by where there is no `auth`, besides addresses, localhost and `host`; `*`: any. */
  readonly hosts?: readonly string[];
  /** Milliseconds that a client may take to send a request. */
  readonly receive_ms?: number;
  /** Opens the control API to whoever sends it. */
  readonly admin_secret?: string;
  readonly graphiql?: boolean;
  readonly metrics?: boolean;
  readonly websocket?: WebsocketConfig;
  readonly answers?: AnswersConfig;
  readonly show_database_errors?: boolean;
  readonly limits?: LimitSettings;
}

/** The limits of everybody, and of roles that have others. */
export interface LimitSettings extends LimitsConfig {
  /** What is absent is as for everybody. */
  readonly roles?: Readonly<Record<string, LimitsConfig>>;
}

/** Limits on answers that clients have not read yet; each setting has a default. */
export interface AnswersConfig {
  readonly held_bytes?: number;
  readonly held_bytes_per_caller?: number;
  readonly write_ms?: number;
}

/** GraphQL over WebSocket; what is absent has a default. */
export interface WebsocketConfig {
  readonly enabled?: boolean;
  readonly max_connections?: number;
  readonly max_connections_per_caller?: number;
  /** Operations that run on one connection. */
  readonly max_operations?: number;
  /** Milliseconds until a client has said who it is. */
  readonly init_ms?: number;
  /** Milliseconds between pings. */
  readonly keepalive_ms?: number;
  /** Bytes that may wait for a client to read them. */
  readonly buffer_bytes?: number;
}

export interface AllowListConfig {
  readonly role: string;
  /** `enforce` (unless told): others are refused. `report`: they are told in the log. */
  readonly mode?: 'enforce' | 'report';
  /** GraphQL documents, or JSON lists of them (see `documentsIn`). */
  readonly operations: readonly string[];
}

export type SourceKind = 'postgres' | 'mysql' | 'mariadb' | 'sqlite' | 'pglite';

export interface Patterns {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** One attached database. `url` for servers, `path` for embedded ones. */
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
  /** Instead of that of the whole configuration. */
  readonly schema_check_seconds?: number;
  readonly readonly?: boolean;
  readonly customization?: {
    readonly root_fields?: {
      readonly namespace?: string;
      readonly prefix?: string;
      readonly suffix?: string;
    };
    readonly type_names?: { readonly prefix?: string; readonly suffix?: string };
  };
}

/** Something wrong in a configuration file: `line` and `column` count from 1. */
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
