import { isIP, type Socket } from 'node:net';
import { buildConnector, Pool } from 'undici';
import type { ProxyConfig } from './config.ts';
import { type ConnectOptions, permittedAddress, serverNameOf } from './connect.ts';
import { OutboundError } from './fault.ts';
import type { Target } from './guard.ts';
import { HostList } from './host-list.ts';

/** Connections through an HTTP proxy, which are opened with CONNECT for `http:` URLs, too. */
export class HttpProxy {
  readonly #config: ProxyConfig;
  readonly #origin: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #bypass: HostList;
  readonly #pool: Pool;

  constructor(config: ProxyConfig, options: Pick<ConnectOptions, 'connectMs' | 'tls'>) {
    const url = new URL(config.url);
    this.#config = config;
    this.#origin = url.origin;
    const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    this.#headers =
      login === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` };
    this.#bypass = new HostList(config.bypass ?? []);
    const { ca } = options.tls;
    this.#pool = new Pool(url.origin, {
      connect: buildConnector({ ...(ca === undefined ? {} : { ca }), timeout: options.connectMs }),
      headersTimeout: options.connectMs,
    });
  }

  /** Whether a target is called through the proxy. */
  serves({ host, port }: Target): boolean {
    return !this.#bypass.hasName(host, port) && !this.#bypass.hasAddress(host, port);
  }

  /** Opens connections to one target. Where Foz resolves names, the proxy is told an address that the guard permits. */
  connector(target: Target, options: ConnectOptions): buildConnector.connector {
    const secure = buildConnector({ ...options.tls, timeout: options.connectMs });
    return (request, callback) => {
      this.#open(target, options).then(
        (socket) => {
          if (request.protocol === 'https:')
            secure({ ...request, ...serverNameOf(target), httpSocket: socket }, callback);
          else callback(null, socket);
        },
        (error: Error) => callback(error, null),
      );
    };
  }

  async #open(target: Target, options: ConnectOptions): Promise<Socket> {
    options.guard.checkLiteral(target);
    const isResolved = isIP(target.host) !== 0 || this.#config.resolve === 'proxy';
    const host = isResolved ? target.host : await permittedAddress(target, options);
    const authority = `${host.includes(':') ? `[${host}]` : host}:${target.port}`;
    const answer = await this.#connect(authority, options.connectMs);
    if (answer.statusCode === 200) return answer.socket as Socket;
    answer.socket.on('error', () => {}).destroy();
    const why = answer.statusCode === 407 ? 'it wants another user or password' : 'it refused the connection';
    throw this.#fault(`${why} (status ${answer.statusCode})`);
  }

  async #connect(authority: string, connectMs: number) {
    try {
      return await this.#pool.connect({
        path: authority,
        headers: { host: authority, ...this.#headers },
        signal: AbortSignal.timeout(connectMs),
      });
    } catch (error) {
      throw this.#fault('it cannot be reached', error);
    }
  }

  #fault(why: string, cause?: unknown): OutboundError {
    return new OutboundError('proxy', `The proxy ${this.#origin} of outbound.proxy: ${why}.`, cause);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
