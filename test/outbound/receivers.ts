import { createSocket } from 'node:dgram';
import { type LookupAddress, Resolver } from 'node:dns';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';

type Close = () => unknown;
const open: Close[] = [];

/** Closes everything that this file has opened. */
export async function closeReceivers(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

export interface Receiver {
  readonly port: number;
  readonly requests: {
    readonly url: string;
    readonly method: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: string;
  }[];
  /** Connections that were opened. */
  readonly connections: number;
}

/** A web server that records what it is sent. */
export async function receiver(answer: RequestListener, host = '127.0.0.1'): Promise<Receiver> {
  const requests: Receiver['requests'] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    requests.push({ url: request.url!, method: request.method!, headers: request.headers, body });
    answer(request, response);
  });
  server.on('connection', () => connections++);
  const port = await listening(server, host);
  return {
    port,
    requests,
    get connections() {
      return connections;
    },
  };
}

/** A server that writes bytes of its own. */
export async function rawReceiver(serve: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  open.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return listening(server, host);
}

export function listening(server: Server | TcpServer, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => {
      open.push(() => {
        if ('closeAllConnections' in server) server.closeAllConnections();
        server.close();
      });
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** A proxy that opens tunnels, and records the targets that it was told. */
export async function tunnelProxy(
  authorization?: string,
): Promise<{ readonly port: number; readonly targets: string[] }> {
  const targets: string[] = [];
  const server = createServer((_request, response) => void response.writeHead(400).end());
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    targets.push(request.url!);
    socket.on('error', () => {});
    if (request.headers['proxy-authorization'] !== authorization)
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = connect(Number(port), hostname.replace(/^\[|\]$/g, ''), () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    open.push(() => onward.destroy());
  });
  return { port: await listening(server, '127.0.0.1'), targets };
}

/** A real DNS server that answers each question with the next of its IPv4 addresses, and a lookup that asks it. */
export async function nameServer(addresses: readonly string[]) {
  let asked = 0;
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const address = addresses[Math.min(asked++, addresses.length - 1)]!;
    socket.send(answerTo(question, address), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  open.push(() => socket.close());
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  const lookup = (
    host: string,
    _options: object,
    callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
  ): void =>
    resolver.resolve4(host, (error, found) =>
      callback(
        error,
        (found ?? []).map((address) => ({ address, family: 4 })),
      ),
    );
  return {
    lookup,
    get asked() {
      return asked;
    },
  };
}

/** A response with one record of type A that may not be cached. */
function answerTo(question: Buffer, address: string): Buffer {
  const asked = question.subarray(12, question.indexOf(0, 12) + 5);
  const header = Buffer.from([question[0]!, question[1]!, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([header, asked, record]);
}
