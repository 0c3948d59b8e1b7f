import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';

interface Address {
  readonly host: string;
  readonly port: number;
  /** Dial all addresses of the host at once: one node of a fail-over cluster answers. */
  readonly all: boolean;
}

/**
 * Makes the socket of a connection that must be encrypted. Where a server answers that it has no encryption, the client library would send
 * the password in the clear. Such a connection is destroyed before the client reads that answer.
 */
export function guardedConnector(address: Address): () => Promise<Socket> {
  return async () => {
    const socket = await dial(address);
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
}

async function dial({ host, port, all }: Address): Promise<Socket> {
  if (!all) return opened(connect({ host, port, noDelay: true, keepAlive: true }));
  const addresses = await lookup(host, { all: true });
  const sockets = addresses.map((found) =>
    connect({ host: found.address, port, noDelay: true, keepAlive: true }),
  );
  try {
    const first = await Promise.any(sockets.map(opened));
    for (const socket of sockets) if (socket !== first) socket.destroy();
    return first;
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

function opened(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
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
