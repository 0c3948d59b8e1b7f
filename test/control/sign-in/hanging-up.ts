import { type AddressInfo, createServer } from 'node:net';
import { TLSSocket } from 'node:tls';

/** A server that agrees to StartTLS and hangs up after the handshake. It keeps what it was sent without encryption. */
export async function startHangingUp(certificate: { readonly key: string; readonly cert: string }) {
  const plain: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (request) => {
      plain.push(request);
      // An LDAP message (30) with the id of the request and an extended response (78): success.
      socket.write(
        Buffer.from([0x30, 0x0c, 0x02, 0x01, request[4]!, 0x78, 0x07, 0x0a, 1, 0, 0x04, 0, 0x04, 0]),
      );
      const secure = new TLSSocket(socket, { isServer: true, ...certificate });
      secure.on('error', () => {});
      secure.once('secure', () => secure.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `ldap://localhost:${port}`, plain, stop: () => void server.close() };
}
