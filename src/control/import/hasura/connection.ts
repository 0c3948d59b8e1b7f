import { kindFacts, type SourceConfig, type SourceKind } from '../../../views/index.ts';
import type { Findings } from './findings.ts';
import { type Entry, isEntry } from './read-tree.ts';

type Connection = Pick<SourceConfig, 'url' | 'path' | 'pool' | 'tls' | 'prepared_statements'>;

/** The connection of a database. Secrets are not written to the file: a secret in clear text is replaced by an environment variable. */
export function connectionOf(kind: SourceKind, source: Entry, name: string, findings: Findings): Connection {
  const configuration = isEntry(source.configuration) ? source.configuration : {};
  const part = kindFacts(kind).hasura?.connection;
  if (part === 'value.db') return { path: filePath(configuration, name, findings) };
  if (part !== 'connection_info') return { url: ownVariable(configuration, 'value', name, findings) };
  const info = isEntry(configuration.connection_info) ? configuration.connection_info : {};
  findings.addRest(configuration, ['connection_info'], name, {
    read_replicas: 'replicas are not used: everything is asked of the primary',
    extensions_schema: 'Foz installs no extensions',
    connection_template: 'one source has one connection',
    connection_set: 'one source has one connection',
  });
  findings.addRest(
    info,
    [
      'database_url',
      'connection_string',
      'use_prepared_statements',
      'pool_settings',
      'ssl_configuration',
      'isolation_level',
    ],
    name,
  );
  if (info.isolation_level !== undefined && info.isolation_level !== 'read-committed')
    findings.add(
      info,
      'isolation_level',
      `${name}: isolation_level`,
      'the level of the database itself is used',
    );
  const pool = poolOf(info.pool_settings, name, findings);
  const tls = tlsOf(info.ssl_configuration, name, findings);
  return {
    url: urlOf(info, name, findings),
    ...(pool === undefined ? {} : { pool }),
    ...(tls === undefined ? {} : { tls }),
    ...(typeof info.use_prepared_statements === 'boolean'
      ? { prepared_statements: info.use_prepared_statements }
      : {}),
  };
}

function urlOf(info: Entry, name: string, findings: Findings): string {
  if (info.connection_string !== undefined)
    return ownVariable(info, 'connection_string', name, findings, 'its ODBC connection string is no URL');
  const given = info.database_url;
  const variable = isEntry(given) ? given.from_env : undefined;
  if (typeof variable === 'string') return `\${env:${variable}}`;
  if (typeof given === 'string' && URL.canParse(given) && new URL(given).password === '') return given;
  if (isEntry(given) && isEntry(given.connection_parameters)) {
    const { host, port, username, password, database } = given.connection_parameters;
    if ((password ?? '') === '')
      return `postgres://${encodeURIComponent(String(username))}@${host}:${port ?? 5432}/${encodeURIComponent(String(database))}`;
  }
  return ownVariable(info, 'database_url', name, findings);
}

/** A new environment variable for a URL that cannot be imported. */
function ownVariable(
  of: Entry,
  key: string,
  name: string,
  findings: Findings,
  why = 'its URL does not go into the file',
): string {
  const variable = `${name.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;
  findings.add(of, key, `${name}: connection`, `${why}: set the environment variable ${variable}`);
  return `\${env:${variable}}`;
}

function filePath(configuration: Entry, name: string, findings: Findings): string {
  const path = isEntry(configuration.value) ? configuration.value.db : undefined;
  if (typeof path === 'string') return path;
  findings.add(
    configuration,
    'value',
    `${name}: connection`,
    `its file is not told: put the path into "path"`,
  );
  return `${name}.db`;
}

function poolOf(given: unknown, name: string, findings: Findings): Connection['pool'] {
  if (!isEntry(given)) return undefined;
  const {
    max_connections: max,
    total_max_connections: total,
    idle_timeout: idle,
    pool_timeout: wait,
  } = given;
  findings.addRest(
    given,
    ['max_connections', 'total_max_connections', 'idle_timeout', 'pool_timeout'],
    name,
    {
      connection_lifetime: 'connections are closed when they are idle, not by their age',
      retries: 'a lost source is tried again and again by itself',
    },
  );
  const most = max ?? total;
  const pool = {
    ...(isCount(most) ? { max: most } : {}),
    ...(isCount(idle) ? { idle_ms: idle * 1000 } : {}),
    ...(isCount(wait) ? { wait_ms: wait * 1000 } : {}),
  };
  return Object.keys(pool).length === 0 ? undefined : pool;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

const tlsModes: Readonly<Record<string, NonNullable<SourceConfig['tls']>['mode']>> = {
  disable: 'disable',
  allow: 'require',
  prefer: 'require',
  require: 'require',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
};

function tlsOf(given: unknown, name: string, findings: Findings): Connection['tls'] {
  if (!isEntry(given)) return undefined;
  const mode = tlsModes[String(given.sslmode)];
  if (mode === undefined) {
    findings.add(
      given,
      'sslmode',
      `${name}: ssl_configuration`,
      'this mode is not known: set "tls" yourself',
    );
    return undefined;
  }
  findings.addRest(given, ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'], name, {
    sslpassword: 'keys with a password are not supported',
  });
  const files = { ca: given.sslrootcert, cert: given.sslcert, key: given.sslkey };
  const variables = Object.entries(files).flatMap(([key, value]) =>
    isEntry(value) && typeof value.from_env === 'string' ? [[key, `\${env:${value.from_env}}`]] : [],
  );
  return { mode, ...Object.fromEntries(variables) };
}
