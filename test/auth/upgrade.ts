import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The upgrade request of a WebSocket with these headers, received by a real HTTP server. */
export async function upgrade(headers: Record<string, string>): Promise<IncomingMessage> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const received = new Promise<IncomingMessage>((resolve) => {
    server.on('upgrade', (incoming, socket) => {
      resolve(incoming);
      socket.destroy();
    });
  });
  const { port } = server.address() as AddressInfo;
  const client = request({
    port,
    host: '127.0.0.1',
    headers: { ...headers, connection: 'upgrade', upgrade: 'websocket' },
  });
  client.on('error', () => {});
  client.end();
  const incoming = await received;
  await new Promise((resolve) => server.close(resolve));
  return incoming;
}
