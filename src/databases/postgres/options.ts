import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { type ServerOptions, type ServerSettings, serverSettings } from '../../sql/index.ts';
import type { ServerVariant } from './variant.ts';

/** Options of a PostgreSQL source. */
export interface PostgresOptions extends ServerOptions {
  /** `postgres://user:password@host:5432/database`, or the parts. */
  readonly connection:
    | string
    | {
        readonly host?: string;
        readonly port?: number;
        readonly user?: string;
        readonly password?: string | (() => string | Promise<string>);
        readonly database?: string;
      };
  /** `true`: verified against the system's certificate authorities; else options for `tls.connect` (`ca`, `cert`, `key`, ...). */
  readonly tls?: boolean | ConnectionOptions;
  /**
   * `false`: statements are unnamed, and only settings that PgBouncer accepts are sent. `true`: statements are prepared until one of them is
   * mixed up by a pooler. Default: the first connection is tested; behind a pooler as `false`, otherwise as `true`.
   */
  readonly preparedStatements?: boolean;
  /** Called once, when a connection pooler is detected. */
  readonly onPooler?: () => void;
  /** Prepared statements per connection at most; 4 at least. */
  readonly mostPrepared?: number;
  readonly applicationName?: string;
  /** `url`: the server itself, for following changes past a pooler. `publication`: default `foz`. */
  readonly changes?: { readonly url?: string; readonly publication?: string };
}

/** Options with every default filled in. */
export interface Settings extends ServerSettings {
  readonly server: ServerVariant;
  readonly preparedStatements: boolean;
  readonly mostPrepared: number;
  /** For the pg client. */
  readonly client: ClientConfig;
  /** Session settings in the startup message, where they cost no round trip. */
  readonly startup: Readonly<Record<string, string>>;
}

/** Fills in the defaults. Throws TypeError for an invalid URL. */
export function settingsOf(options: PostgresOptions, server: ServerVariant): Settings {
  const preparedStatements = options.preparedStatements ?? true;
  const common = serverSettings(options);
  return {
    ...common,
    server,
    preparedStatements,
    mostPrepared: preparedStatements ? Math.max(4, options.mostPrepared ?? 500) : 0,
    client: clientConfig(options, common.connectMs, server.port),
    startup: preparedStatements ? direct : spelling,
  };
}

/** Session settings that determine the text of values and that connection poolers accept; part of the startup message. */
const spelling = {
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  IntervalStyle: 'iso_8601',
  standard_conforming_strings: 'on',
} as const;
/** Without JIT: compiling expressions to machine code takes longer than short statements. */
const direct = { ...spelling, extra_float_digits: '1', jit: 'off' } as const;

function clientConfig(options: PostgresOptions, connectMs: number, port: number | undefined): ClientConfig {
  const common: ClientConfig = {
    application_name: options.applicationName ?? 'foz',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    ...(options.tls === undefined ? {} : { ssl: options.tls }),
  };
  if (typeof options.connection !== 'string')
    return { ...(port === undefined ? {} : { port }), ...options.connection, ...common };
  const url = new URL(options.connection.replace(/^\w+:/, 'postgres:'));
  if (url.port === '' && port !== undefined) url.port = String(port);
  if (options.tls !== undefined)
    for (const name of ['sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey']) url.searchParams.delete(name);
  return { ...common, connectionString: url.href };
}
