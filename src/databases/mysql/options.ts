import { connect, isIP, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { ConnectionOptions as ClientOptions } from 'mysql2';
import { type ServerOptions, type ServerSettings, serverSettings } from '../../sql/index.ts';
import type { Engine } from './supported.ts';

/** Options of a MySQL or MariaDB source. */
export interface MysqlOptions extends ServerOptions {
  /** `mysql://user:password@host:3306/database`, or the parts. The database is the default namespace. */
  readonly connection:
    | string
    | {
        readonly host?: string;
        readonly port?: number;
        readonly socketPath?: string;
        readonly user?: string;
        readonly password?: string;
        readonly database?: string;
      };
  /** `true`: verified against the system's certificate authorities; else own certificates, and what to verify (default: everything). */
  readonly tls?: boolean | TlsOptions;
  /** Whether `tinyint(1)`, the type that BOOLEAN creates, is a boolean; default: true. */
  readonly tinyInt1IsBool?: boolean;
  /** `url`: the server itself, for following changes past a pooler. */
  readonly changes?: { readonly url?: string };
}

/**
 * Certificates, as for `tls.connect`. `rejectUnauthorized`: verify the authority of the certificate. `verifyIdentity`: verify the host name,
 * too. The client cannot call a custom `checkServerIdentity`, so one that is given switches off the verification of the host name.
 */
export type TlsOptions = Pick<
  ConnectionOptions,
  | 'ca'
  | 'cert'
  | 'key'
  | 'passphrase'
  | 'ciphers'
  | 'minVersion'
  | 'maxVersion'
  | 'rejectUnauthorized'
  | 'checkServerIdentity'
> & { readonly verifyIdentity?: boolean };

/** Options with every default filled in. */
export interface Settings extends ServerSettings {
  readonly tinyInt1IsBool: boolean;
  /** The default namespace. */
  readonly database: string | null;
  readonly engine: Engine;
  readonly isolationVariable: Variant['isolationVariable'];
  /** For the mysql2 client. */
  readonly client: ClientOptions;
}

/** Differences between the servers while connecting. */
export interface Variant {
  readonly engine: Engine;
  /** Character set and collation of the connection, by mysql2's name. */
  readonly charset: string;
  readonly isolationVariable: 'transaction_isolation' | 'tx_isolation';
}

/** Fills in the defaults. Throws TypeError for an invalid URL or an unknown parameter. */
export function settingsOf(options: MysqlOptions, { engine, charset, isolationVariable }: Variant): Settings {
  const { connection, tls } = options;
  const parts = typeof connection === 'string' ? partsOf(connection) : { ...connection, tls: undefined };
  const { tls: asked, ...address } = parts;
  const secure = tls ?? asked;
  const common = serverSettings(options);
  return {
    ...common,
    tinyInt1IsBool: options.tinyInt1IsBool ?? true,
    database: address.database ?? null,
    engine,
    isolationVariable,
    client: {
      ...address,
      ...spelling,
      charset,
      connectTimeout: common.connectMs,
      ...(secure === undefined || secure === false ? {} : secured(address, secure)),
    },
  };
}

/** Client options that pass values on as the text that the server sends: no digit is lost, and nothing is parsed only to be written again. */
const spelling = {
  rowsAsArray: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
  dateStrings: true,
  jsonStrings: true,
  decimalNumbers: false,
  // Affected rows are those that matched. The server must never read files of this machine.
  flags: ['FOUND_ROWS', '-LOCAL_FILES'],
  // Statements come with their literals: the client must not look for placeholders in them.
  queryFormat: (text: string) => text,
} satisfies ClientOptions;

function sslOf(tls: true | TlsOptions): NonNullable<Exclude<ClientOptions['ssl'], string>> {
  const {
    rejectUnauthorized = true,
    verifyIdentity,
    checkServerIdentity,
    ...given
  } = tls === true ? ({} as TlsOptions) : tls;
  return {
    ...(given as object),
    rejectUnauthorized,
    verifyIdentity: verifyIdentity ?? (rejectUnauthorized && checkServerIdentity === undefined),
  };
}

/** A socket that reports the host for the verification of the certificate. The client would have an IP address verified as `localhost`. */
function socketTo(host: string, port: number): Socket {
  const socket = connect(port, host).setNoDelay(true).setKeepAlive(true);
  return Object.assign(socket, { _host: host });
}

function secured(address: ClientOptions, tls: true | TlsOptions): ClientOptions {
  const ssl = sslOf(tls);
  const { host, port = 3306 } = address;
  const stream =
    ssl.verifyIdentity && host !== undefined && isIP(host) !== 0 ? () => socketTo(host, port) : undefined;
  return stream === undefined ? { ssl } : { ssl, stream };
}

const modes: Readonly<Record<string, boolean | TlsOptions>> = {
  DISABLED: false,
  REQUIRED: { rejectUnauthorized: false },
  VERIFY_CA: { verifyIdentity: false },
  VERIFY_IDENTITY: true,
};

function partsOf(text: string) {
  const url = new URL(text);
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:')
    throw new TypeError(
      `A URL of a MySQL or MariaDB server starts with mysql:// or mariadb://, not ${url.protocol}//`,
    );
  let tls: boolean | TlsOptions | undefined;
  let socketPath: string | undefined;
  for (const [name, value] of url.searchParams) {
    if (name === 'ssl-mode' && value in modes) tls = modes[value];
    else if (name === 'socketPath') socketPath = value;
    else
      throw new TypeError(
        `The URL of the database has a parameter "${name}" that means nothing here: known are socketPath, and ssl-mode (${Object.keys(modes).join(', ')}).`,
      );
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost',
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(database === '' ? {} : { database }),
    tls,
  };
}
