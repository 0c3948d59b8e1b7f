import { connect } from 'node:net';
import { FozError } from '../core/index.ts';

/** Milliseconds that a server has to identify itself. */
const patienceMs = 1_000;
/** MySQL and MariaDB send a greeting at once. After so many milliseconds without one, the request of PostgreSQL's protocol is sent. */
const greetingMs = 300;

/** The message of PostgreSQL's protocol that asks for TLS: its length and its code; the answer is one letter, S or N. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Settings by which a server of the right kind was reached: errors of later connections have other reasons. */
export const reachedSettings = new WeakSet<object>();

/**
 * The error for a URL that leads to a server of another kind than the source needs. `isRight`: whether a server, named as `MySQL 9.7.0` or
 * `PostgreSQL`, is of the right kind. `null`: no known server answers there. Never rejects.
 */
export async function otherKind(
  kind: string,
  { host, port }: { readonly host: string; readonly port: number },
  isRight: (server: string) => boolean,
  cause?: unknown,
): Promise<FozError | null> {
  const found = await whoAnswers(host, port);
  if (found === null || isRight(found)) return null;
  return new FozError(
    'unavailable',
    `The server is ${found}, but the source is of kind ${kind}: correct its kind or its URL.`,
    { cause },
  );
}

/** The kind of database server at an address; `null`: no known one. Never rejects. */
function whoAnswers(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const end = (found: string | null) => {
      clearTimeout(ask);
      socket.destroy();
      resolve(found);
    };
    const ask = setTimeout(() => socket.write(sslRequest), greetingMs);
    socket.setTimeout(patienceMs, () => end(null));
    socket.on('error', () => end(null));
    socket.on('close', () => end(null));
    socket.once('data', (bytes) => end(kindOf(bytes)));
  });
}

function kindOf(bytes: Buffer): string | null {
  if (bytes.length === 1 && (bytes[0] === 0x53 || bytes[0] === 0x4e)) return 'PostgreSQL';
  // A packet of MySQL's protocol: three bytes of length, its number, then version 10 of the handshake and the server's version.
  if (bytes.length < 6 || bytes[4] !== 10) return null;
  const version = bytes
    .subarray(5, bytes.indexOf(0, 5))
    .toString('latin1')
    .replace(/^5\.5\.5-/, '');
  if (!/^\d+\.\d+[\w.+~:-]*$/.test(version)) return null;
  return `${/mariadb/i.test(version) ? 'MariaDB' : 'MySQL'} ${version}`;
}
