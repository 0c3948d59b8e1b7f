import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import pg, { type ClientConfig } from 'pg';

/** What of the pg client's connection a cancel request needs; the client uses the same members to connect. */
interface RawConnection extends EventEmitter {
  readonly stream: Duplex;
  readonly ssl: unknown;
  readonly sslNegotiation: string;
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processID: number, secretKey: number): void;
}

/** Names a server process, as the server told it when the connection was opened. */
export interface BackendKey {
  readonly processID: number;
  readonly secretKey: number;
}

/**
 * Asks the server over a connection of its own to cancel what the process runs. Resolves when the server has closed that
 * connection, by when the process has been signalled, or when it could not be reached within `limitMs`.
 */
export function requestCancel(config: ClientConfig, key: BackendKey, limitMs: number): Promise<void> {
  const client = new pg.Client(config);
  const connection = client.connection as unknown as RawConnection;
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
