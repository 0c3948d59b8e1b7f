import type { ConnectionOptions } from 'node:tls';
import type { ConnectionConfiguration } from 'tedious';
import { type ServerOptions, type ServerSettings, serverSettings } from '../../sql/index.ts';
import { guardedConnector } from './connector.ts';

/** Options of a source on SQL Server or Azure SQL. */
export interface MssqlOptions extends ServerOptions {
  /** `mssql://user:password@host:1433/database`; `parameters` of this file lists what may follow. */
  readonly connection: string;
  /** `false`: no TLS. Otherwise, and by default, TLS with the certificate verified, by own certificates where there are some. */
  readonly tls?:
    | boolean
    | Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'checkServerIdentity'>
    | undefined;
}

/** Options with every default filled in. */
export interface Settings extends ServerSettings {
  readonly host: string;
  readonly port: number;
  /** For the tedious client. A new object per connection, since the client keeps it. */
  client(): ConnectionConfiguration;
}

/** The parameters of a URL's query, with their permitted values. */
const parameters = {
  /** `strict`: TLS before the first message (TDS 8, SQL Server 2022); `false`: none. */
  encrypt: /^(?:true|false|strict)$/,
  trustServerCertificate: /^(?:true|false)$/,
  /** The name in the certificate, where it is not that of the host. */
  serverName: /^.+$/,
  /** A named instance, found by the server's browser service; then the URL has no port. */
  instance: /^.+$/,
  applicationIntent: /^(?:readonly|readwrite)$/i,
  multiSubnetFailover: /^(?:true|false)$/,
  authentication:
    /^(?:sql|ntlm|azure-active-directory-(?:default|msi-vm|msi-app-service|service-principal-secret|access-token))$/,
  /** For `ntlm`. */
  domain: /^.+$/,
  /** For `azure-active-directory-service-principal-secret`. */
  tenantId: /^.+$/,
  /** For `azure-active-directory-default` and `-msi-*`: the identity, where there are several. */
  clientId: /^.+$/,
} as const;

type Parameters = Readonly<Partial<Record<keyof typeof parameters, string>>>;

/** Fills in the defaults. Throws TypeError for an invalid URL or an unknown parameter. */
export function settingsOf(options: MssqlOptions): Settings {
  const url = new URL(options.connection);
  if (url.protocol !== 'mssql:' && url.protocol !== 'sqlserver:')
    throw new TypeError(`A URL of a SQL Server starts with mssql://, not ${url.protocol}//`);
  const given = parametersOf(url);
  const common = serverSettings(options);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost';
  const port = url.port === '' ? 1433 : Number(url.port);
  const database = decodeURIComponent(url.pathname.slice(1));
  const encrypt = encryptionOf(given, options.tls);
  const own = typeof options.tls === 'object' ? options.tls : {};
  if (own.checkServerIdentity !== undefined)
    throw new TypeError(
      'The client of SQL Server verifies the authority of a certificate together with its name: use the mode verify-full, and the parameter serverName of the URL where the certificate has another name.',
    );
  const trusts = given.trustServerCertificate === 'true' || own.rejectUnauthorized === false;
  const { ca, cert, key } = own;
  const client = (): ConnectionConfiguration => ({
    server: host,
    authentication: authenticationOf(url, given),
    options: {
      ...(given.instance === undefined ? { port } : { instanceName: given.instance }),
      ...(database === '' ? {} : { database }),
      encrypt,
      trustServerCertificate: trusts,
      ...(given.serverName === undefined ? {} : { serverName: given.serverName }),
      cryptoCredentialsDetails: {
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      },
      readOnlyIntent: given.applicationIntent?.toLowerCase() === 'readonly',
      multiSubnetFailover: given.multiSubnetFailover === 'true',
      ...(encrypt === true
        ? { connector: guardedConnector({ all: given.multiSubnetFailover === 'true' }) }
        : {}),
      ...spelling,
      connectTimeout: common.connectMs,
    },
  });
  return { ...common, host, port, client };
}

/** Client options: statements end by Foz's own limits, and the pool decides whether to connect again. */
const spelling = {
  appName: 'foz',
  lowerCaseGuids: true,
  useUTC: true,
  // The client's own limit ends with the first packet of an answer.
  requestTimeout: 0,
  cancelTimeout: 4_000,
  maxRetriesOnTransientErrors: 0,
  // Larger packets make large answers faster; the server may choose smaller ones.
  packetSize: 16_384,
  rowCollectionOnDone: false,
  rowCollectionOnRequestCompletion: false,
  useColumnNames: false,
} as const;

function encryptionOf({ encrypt }: Parameters, tls: MssqlOptions['tls']): boolean | 'strict' {
  if (tls === false || (encrypt === 'false' && tls === undefined)) return false;
  return encrypt === 'strict' ? 'strict' : true;
}

function parametersOf(url: URL): Parameters {
  const given: Partial<Record<keyof typeof parameters, string>> = {};
  for (const [name, value] of url.searchParams) {
    if (!Object.hasOwn(parameters, name))
      throw new TypeError(
        `The URL of the database has a parameter "${name}" that means nothing here: known are ${Object.keys(parameters).join(', ')}.`,
      );
    const known = name as keyof typeof parameters;
    if (!parameters[known].test(value))
      throw new TypeError(
        `The URL of the database has a parameter "${name}" with a value that it does not take.`,
      );
    given[known] = value;
  }
  return given;
}

function authenticationOf(
  url: URL,
  given: Parameters,
): NonNullable<ConnectionConfiguration['authentication']> {
  const userName = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  switch (given.authentication ?? 'sql') {
    case 'sql':
      return { type: 'default', options: { userName, password } };
    case 'ntlm':
      return { type: 'ntlm', options: { userName, password, domain: given.domain ?? '' } };
    case 'azure-active-directory-service-principal-secret':
      return {
        type: 'azure-active-directory-service-principal-secret',
        options: { clientId: userName, clientSecret: password, tenantId: given.tenantId ?? '' },
      };
    case 'azure-active-directory-access-token':
      return { type: 'azure-active-directory-access-token', options: { token: password } };
    default:
      return {
        type: given.authentication as 'azure-active-directory-default',
        options: given.clientId === undefined ? {} : { clientId: given.clientId },
      };
  }
}
