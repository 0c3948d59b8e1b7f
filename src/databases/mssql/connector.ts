import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** A connector of `tedious` as the library calls it: its types declare no parameters. */
type Connector = (to: Address, lookup: unknown, signal: AbortSignal) => Promise<Socket>;

/**
 * Makes the socket of a connection that must be encrypted. Where a server answers that it has no encryption, the client library would send
 * the password in the clear. Such a connection is destroyed before the client reads that answer. The client gives the address: a named
 * instance has a port of its own, and gateways and listeners route to another server after the log-in. `all`: dial all addresses of the host
 * at once, since one node of a fail-over cluster answers.
 */
export function guardedConnector({ all }: { readonly all: boolean }): () => Promise<Socket> {
  let dials = 0;
  const connector: Connector = async (to, _lookup, signal) => {
    if (++dials > mostDials)
      throw new Error(`The server routes to another server more than ${mostDials - 1} times.`);
    const socket = await dial(to, all, signal);
    socket.once('data', (packet) => {
      if (!offersEncryption(packet))
        socket.destroy(
          Object.assign(
            new Error(
              'The server offers no encryption. Where that is meant, the URL says so: encrypt=false.',
            ),
            { code: 'EENCRYPT' },
          ),
        );
    });
    return socket;
  };
  return connector as () => Promise<Socket>;
}

/** A connection follows a few routes. Each server that it is routed to gets the password. */
const mostDials = 6;

async function dial({ host, port }: Address, all: boolean, signal: AbortSignal): Promise<Socket> {
  const open = (to: string, end: AbortSignal) =>
    opened(connect({ host: to, port, noDelay: true, keepAlive: true }), end);
  if (!all) return open(host, signal);
  const addresses = await lookup(host, { all: true });
  const rest = new AbortController();
  try {
    const each = AbortSignal.any([signal, rest.signal]);
    const first = await Promise.any(addresses.map(({ address }) => open(address, each)));
    rest.abort();
    return first;
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

/** The socket once it is connected. It is destroyed when the signal ends the attempt. */
function opened(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const end = () => socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('ended'));
    socket.once('error', reject);
    socket.once('close', () => signal.removeEventListener('abort', end));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    socket.once('connect', () => {
      signal.removeEventListener('abort', end);
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}

const headerBytes = 8;
const encryptionOption = 1;
const terminator = 0xff;
/** ENCRYPT_ON and ENCRYPT_REQ. */
const encrypted: ReadonlySet<number> = new Set([1, 3]);

/**
 * Whether the server's PRELOGIN message offers encryption of the whole session. "[MS-TDS]: PRELOGIN": options of one byte for the kind, two
 * for the offset from the end of the header and two for the length, up to a terminator.
 */
export function offersEncryption(packet: Buffer): boolean {
  for (let at = headerBytes; at + 5 <= packet.length && packet[at] !== terminator; at += 5) {
    if (packet[at] !== encryptionOption) continue;
    const value = packet[headerBytes + packet.readUInt16BE(at + 1)];
    return value !== undefined && encrypted.has(value);
  }
  return false;
}
