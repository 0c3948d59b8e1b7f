import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import pg, { type ClientConfig } from 'pg';

/** The members of the pg client's connection that a cancel request needs. The client uses the same ones to connect. */
interface RawConnection extends EventEmitter {
  readonly stream: Duplex;
  readonly ssl: unknown;
  readonly sslNegotiation: string;
  attachListeners(stream: Duplex): void;
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processID: number, secretKey: number): void;
}

/** Identifies a server process, as reported by the server when the connection was opened. */
export interface BackendKey {
  readonly processID: number;
  readonly secretKey: number;
}

/**
 * Sends a cancel request for a server process, over a separate connection. Resolves when the server has closed that connection, and so has
 * signalled the process, or when it could not be reached within `limitMs`.
 */
export function requestCancel(config: ClientConfig, key: BackendKey, limitMs: number): Promise<void> {
  const client = new pg.Client(config);
  const connection = client.connection as unknown as RawConnection;
  // A server answers a cancel request by closing the connection. Bytes that it sends nevertheless are dropped: an error in parsing them would end the process.
  connection.attachListeners = (stream) => void stream.resume();
  return new Promise((resolve) => {
    const timer = setTimeout(() => connection.stream.destroy(), limitMs);
    const send = () => connection.cancel(key.processID, key.secretKey);
    connection.on('error', () => connection.stream.destroy());
    connection.once('connect', () => {
      if (!connection.ssl) send();
      else if (connection.sslNegotiation !== 'direct') connection.requestSsl();
    });
    connection.once('sslconnect', send);
    connection.once('end', () => {
      clearTimeout(timer);
      resolve();
    });
    if (client.host.startsWith('/')) connection.connect(`${client.host}/.s.PGSQL.${client.port}`);
    else connection.connect(client.port, client.host);
  });
}
