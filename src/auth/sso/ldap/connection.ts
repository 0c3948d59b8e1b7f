import { rootCertificates, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { Client, Entry, SearchOptions } from 'ldapts';
import type { GuardedSockets } from '../../../outbound/index.ts';
import type { LdapConfig } from './config.ts';

/** Bytes that one connection may receive: a server that sends more is cut off. */
const mostBytes = 8 * 1024 * 1024;
/** Attributes that are bytes, also where these happen to be UTF-8. */
const binary = ['objectGUID', 'objectSid'];

/** A connection to one server of a directory. */
export class Connection {
  readonly #client: Client;
  readonly #timer: NodeJS.Timeout;

  private constructor(client: Client, timer: NodeJS.Timeout) {
    this.#client = client;
    this.#timer = timer;
  }

  /** Opens a connection, encrypted as configured. `totalMs`: after this time it is cut off. Rejects with the errors of sockets, TLS and LDAP. */
  static async open(
    url: URL,
    config: LdapConfig,
    sockets: GuardedSockets,
    totalMs: number,
  ): Promise<Connection> {
    // The library is loaded for the first sign-in, so that a server without directories starts without it.
    const { Client } = await import('ldapts');
    const timeout = (config.timeout_seconds ?? 5) * 1000;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const isSecure = url.protocol === 'ldaps:';
    const raw = await sockets.connect({ host, port: Number(url.port || (isSecure ? 636 : 389)) }, timeout);
    const timer = setTimeout(() => raw.destroy(), totalMs);
    try {
      const trusted = config.ca === undefined ? {} : { ca: [...rootCertificates, config.ca] };
      const tls = { ...sockets.tls, ...trusted, host };
      let socket: typeof raw = raw;
      if (isSecure) socket = await secured(tlsConnect({ ...tls, socket: raw }), timeout);
      let isGiven = false;
      const unencrypted: Buffer[] = [];
      const keep = (chunk: Buffer) => unencrypted.push(chunk);
      if (!isSecure && config.start_tls === true) raw.on('data', keep);
      const client = new Client({
        // The connection is made here. The library would connect again without encryption when a server hangs up.
        url: 'ldap://directory.invalid',
        timeout,
        createConnection: () => {
          if (isGiven) throw new Error('the server has closed the connection');
          isGiven = true;
          return socket;
        },
        createSecureConnection: ((options: object) => {
          raw.removeListener('data', keep);
          // The library would read what is left over as the beginning of the first encrypted answer.
          if (!isOneMessage(Buffer.concat(unencrypted)))
            throw new Error('the server sent more than its answer before the encryption');
          socket = tlsConnect(options);
          return socket;
        }) as never,
      });
      if (!isSecure && config.start_tls === true) await client.startTLS(tls);
      bounded(socket);
      return new Connection(client, timer);
    } catch (error) {
      clearTimeout(timer);
      raw.destroy();
      throw error;
    }
  }

  /** Proves who is there. Rejects with the library's ResultCodeError. */
  async bind(dn: string, password: string): Promise<void> {
    // A bind without a password succeeds for every name, as an anonymous one.
    if (password === '') throw new TypeError('a bind needs a password');
    await this.#client.bind(dn, password);
  }

  /** At most `most` entries. References to other servers are not followed. */
  async search(
    base: string,
    filter: string,
    attributes: readonly string[],
    { scope = 'sub', most = 1 }: { readonly scope?: SearchOptions['scope']; readonly most?: number } = {},
  ): Promise<readonly Entry[]> {
    const { searchEntries } = await this.#client.search(base, {
      scope,
      filter,
      attributes: [...attributes],
      explicitBufferAttributes: binary,
      sizeLimit: most,
    });
    return searchEntries;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#client.unbind().catch(() => {});
  }
}

/** Whether bytes are one message of LDAP (BER) and nothing else. */
export function isOneMessage(bytes: Buffer): boolean {
  const first = bytes[1] ?? 0;
  const more = first < 128 ? 0 : first - 128;
  if (more > 4 || bytes.length < 2 + more) return false;
  const length = more === 0 ? first : bytes.readUIntBE(2, more || 1);
  return bytes[0] === 0x30 && bytes.length === 2 + more + length;
}

function secured(socket: TLSSocket, timeoutMs: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error('no TLS handshake in time')), timeoutMs);
    const done = () => {
      clearTimeout(timer);
      socket.removeListener('error', fail);
    };
    const fail = (error: Error) => {
      done();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('the server has closed the connection')));
    socket.once('secureConnect', () => {
      done();
      resolve(socket);
    });
  });
}

function bounded(socket: {
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  destroy(error: Error): unknown;
}) {
  let bytes = 0;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    if (bytes > mostBytes) socket.destroy(new Error(`the server sent more than ${mostBytes} bytes`));
  });
}
