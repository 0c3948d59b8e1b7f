import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { type ServerOptions, type ServerSettings, serverSettings } from '../../sql/index.ts';

/** How to reach a PostgreSQL server, and how much of it to use. */
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
  /** `true`: verified against the system's authorities; else what `tls.connect` takes (`ca`, `cert`, `key`, ...). */
  readonly tls?: boolean | ConnectionOptions;
  /**
   * `false`: statements go unnamed and settings are kept to what PgBouncer lets pass. `true`: named until a statement shows
   * that a pooler mixes them up. Absent: the first connection is asked whether it leads to a pooler, and then as `false`.
   */
  readonly preparedStatements?: boolean;
  /** Called once, when it is noticed that a connection pooler stands before the server. */
  readonly onPooler?: () => void;
  /** Prepared statements per connection at most; 4 at least. */
  readonly mostPrepared?: number;
  readonly applicationName?: string;
}

/** Options with every default filled in. */
export interface Settings extends ServerSettings {
  readonly preparedStatements: boolean;
  readonly mostPrepared: number;
  /** For the pg client. */
  readonly client: ClientConfig;
  /** Session settings that go with the start-up message, so that they cost no round trip. */
  readonly startup: Readonly<Record<string, string>>;
}

/** Fills in the defaults. Throws TypeError for a URL that is none. */
export function settingsOf(options: PostgresOptions): Settings {
  const preparedStatements = options.preparedStatements ?? true;
  const common = serverSettings(options);
  return {
    ...common,
    preparedStatements,
    mostPrepared: preparedStatements ? Math.max(4, options.mostPrepared ?? 500) : 0,
    client: clientConfig(options, common.connectMs),
    startup: preparedStatements ? direct : spelling,
  };
}

/** Session settings that fix how values are spelled, and that connection poolers know; part of the start-up message. */
const spelling = {
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  IntervalStyle: 'iso_8601',
  standard_conforming_strings: 'on',
} as const;
/** Compiling expressions to machine code costs more than short statements take. */
const direct = { ...spelling, extra_float_digits: '1', jit: 'off' } as const;

function clientConfig(options: PostgresOptions, connectMs: number): ClientConfig {
  const common: ClientConfig = {
    application_name: options.applicationName ?? 'foz',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    ...(options.tls === undefined ? {} : { ssl: options.tls }),
  };
  if (typeof options.connection !== 'string') return { ...options.connection, ...common };
  const url = new URL(options.connection);
  if (options.tls !== undefined)
    for (const name of ['sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey']) url.searchParams.delete(name);
  return { ...common, connectionString: url.href };
}
