import type { AuthConfig } from '../../auth/index.ts';
import type { Metadata, Naming } from '../../catalog/index.ts';
import type { AllowListConfig, LimitSettings, SourceConfig } from '../../views/index.ts';

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
