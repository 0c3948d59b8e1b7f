import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import pg, { type ClientConfig } from 'pg';
import { FozError } from '../../core/index.ts';
import { otherKind, reachedSettings } from '../../sql/index.ts';
import { isServerError, type ServerError } from './errors.ts';
import { Inbound, mostBytes } from './inbound.ts';
import { type LogIn, LogInRequest } from './log-in.ts';
import type { Settings } from './options.ts';

type Startup = Readonly<Record<string, string>>;

/** The part of pg's connection that subscribes to a socket. */
interface RawConnection {
  attachListeners(stream: EventEmitter): void;
  password(answer: string): void;
}

/** A connection, and the names of the startup settings that were refused. */
export interface Connected {
  readonly client: Client;
  /** Lower case. */
  readonly refused: ReadonlySet<string>;
}

/** A pg client that adds settings to the startup message and drops rows that are not admitted. */
export class Client extends pg.Client {
  /** Whether a row of this size is admitted; called before the row has arrived. */
  admits: (bytes: number) => boolean = () => true;
  /** The longest message other than a row of a result. */
  mostBytes = mostBytes;
  readonly #startup: Startup;
  readonly #logIns: ReadonlyMap<number, LogIn>;
  #inbound: Inbound | null = null;

  constructor(config: ClientConfig, startup: Startup, logIns: ReadonlyMap<number, LogIn> = new Map()) {
    super(config);
    this.#startup = startup;
    this.#logIns = logIns;
    const connection = this.connection as unknown as RawConnection;
    const attach = connection.attachListeners.bind(connection);
    connection.attachListeners = (stream) => attach(this.#bounded(stream as Duplex));
  }

  /**
   * The data events of a socket without the rows that are not admitted. Errors of the client's parser and of its listeners end the
   * connection: uncaught on the socket, they would end the process.
   */
  #bounded(socket: Duplex): EventEmitter {
    const messages = new EventEmitter();
    this.#inbound = new Inbound({
      admits: (bytes) => this.admits(bytes),
      mostBytes: () => this.mostBytes,
      pass: (bytes) => void messages.emit('data', bytes),
    });
    const inbound = this.#inbound;
    const request = new LogInRequest(this.#logIns, (logIn, salt) => void this.#logIn(logIn, salt, socket));
    const first = (arrived: Buffer) => inbound.receive(request.receive(arrived));
    const receive = this.#logIns.size === 0 ? (arrived: Buffer) => inbound.receive(arrived) : first;
    socket.on('data', (arrived: Buffer) => {
      try {
        receive(arrived);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    return messages;
  }

  /** Answers a request to log in. The password may come from a function. */
  async #logIn(logIn: LogIn, salt: Buffer, socket: Duplex): Promise<void> {
    try {
      const given: unknown = this.password;
      const password = typeof given === 'function' ? await (given as () => Promise<string>)() : given;
      if (typeof password !== 'string') throw new Error('The server asks for a password, and none is given.');
      (this.connection as unknown as RawConnection).password(logIn(this.user!, password, salt));
    } catch (error) {
      socket.destroy(error as Error);
    }
  }

  /** Drops the large row that is arriving. Returns its bytes that have not arrived yet; 0: there is none. */
  dropRow(): number {
    return this.#inbound?.dropRow() ?? 0;
  }

  /** Called by pg to build the startup message. */
  getStartupConf(): Record<string, string> {
    const inherited = pg.Client.prototype as unknown as { getStartupConf(): Record<string, string> };
    return { ...inherited.getStartupConf.call(this), ...this.#startup };
  }
}

/**
 * Connects. Settings that a connection pooler refuses by name are left out, one after the other. Rejects with the error of the driver
 * or the server.
 */
export async function connect(settings: Settings): Promise<Connected> {
  const refused = new Set<string>();
  for (;;) {
    const startup = Object.entries(settings.startup).filter(([name]) => !refused.has(name.toLowerCase()));
    try {
      const client = await attempt(settings, Object.fromEntries(startup));
      reachedSettings.add(settings);
      return { client, refused };
    } catch (error) {
      const name = refusedSetting(error);
      if (name === null || !startup.some(([known]) => known.toLowerCase() === name))
        throw await explained(error, settings);
      refused.add(name);
    }
  }
}

async function attempt({ client: config, server, connectMs }: Settings, startup: Startup): Promise<Client> {
  const client = new Client(config, startup, server.logIns);
  // Without a listener an error would end the process. The error itself is reported by the rejection.
  client.on('error', () => {});
  let version = '';
  const connection: EventEmitter = client.connection;
  connection.on('parameterStatus', (status: { parameterName: string; parameterValue: string }) => {
    if (status.parameterName === 'server_version') version = status.parameterValue;
  });
  await client.connect();
  if (Number.parseInt(version, 10) < oldest) {
    await client.end();
    throw new FozError(
      'unavailable',
      `The server is ${server.label} ${version}, which is too old: Foz needs PostgreSQL ${oldest} or later.`,
    );
  }
  try {
    await server.onConnect?.(async (text) => {
      const query = { text, rowMode: 'array' as const, query_timeout: connectMs };
      return (await client.query(query)).rows as (string | null)[][];
    });
  } catch (error) {
    await client.end();
    throw error;
  }
  return client;
}

/** The oldest supported version: the first with generated columns, which introspection reads. */
const oldest = 12;

const noServer = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** When the first connection fails without an error of the server, checks for another kind of server at the address. */
async function explained(error: unknown, settings: Settings): Promise<unknown> {
  const { code = '' } = error as ServerError;
  const unknown = unknownLogIn(error as Error);
  if (unknown !== null) return unknown;
  if (
    reachedSettings.has(settings) ||
    error instanceof FozError ||
    isServerError(error) ||
    noServer.has(code)
  )
    return error;
  const { host, port } = new pg.Client(settings.client);
  if (host.startsWith('/')) return error;
  return (
    (await otherKind(settings.server.engine, { host, port }, (server) => server === 'PostgreSQL', error)) ??
    error
  );
}

/** The error for a kind of log-in that the pg client does not know. `null`: the error has another reason. */
function unknownLogIn(error: Error): FozError | null {
  const code = /^Unknown authenticationOk message type (\d+)/.exec(error.message)?.[1];
  if (code === undefined && !error.message.startsWith('SASL: Only mechanism')) return null;
  return new FozError(
    'unavailable',
    `The server asks for a kind of log-in that Foz does not know${code === undefined ? '' : ` (${code})`}: let the user log in by scram-sha-256.`,
    { cause: error },
  );
}

/** The setting that a connection pooler refused, in lower case; `null`: the error has another reason. */
function refusedSetting(error: unknown): string | null {
  const { code, message } = error as ServerError;
  if (code !== '08P01') return null;
  return /unsupported startup parameter(?: in options)?: (\w+)/i.exec(message)?.[1]?.toLowerCase() ?? null;
}
