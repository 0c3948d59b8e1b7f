import { createServer, type Server, type Socket } from 'node:net';
import { never } from '../../../src/core/index.ts';
import { guardedConnector } from '../../../src/databases/mssql/connector.ts';
import { connectMssql } from '../../../src/databases/mssql/index.ts';

/** The answer to PRELOGIN of a server that has no encryption (ENCRYPT_NOT_SUP). */
const withoutEncryption = Buffer.from([
  ...[0x04, 0x01, 0x00, 0x1a, 0x00, 0x00, 0x01, 0x00],
  ...[0x00, 0x00, 0x0b, 0x00, 0x06, 0x01, 0x00, 0x11, 0x00, 0x01, 0xff],
  ...[0x10, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x02],
]);
const login7 = 0x10;

/** A server that answers each message by `answer`, and keeps what it has received. */
async function peer(answer: (socket: Socket, message: Buffer) => void) {
  const received: Buffer[] = [];
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (message) => {
      received.push(message);
      answer(socket, message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { port, received, close: () => new Promise((resolve) => server.close(resolve)) };
}

async function pinged(port: number, parameters = ''): Promise<unknown> {
  const connector = connectMssql({
    connection: `mssql://sa:secret@127.0.0.1:${port}/shop${parameters}`,
    connectMs: 3_000,
  });
  try {
    return await connector.ping(never).then(
      () => null,
      (error: unknown) => error,
    );
  } finally {
    await connector.close();
  }
}

describe('a connection to SQL Server', () => {
  test('that is not encrypted gets no password', async () => {
    const server = await peer((socket) => socket.write(withoutEncryption));
    const error = await pinged(server.port);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(server.received.length).toBeGreaterThan(0);
    expect(server.received.some((message) => message[0] === login7)).toBe(false);
    await server.close();
  }, 30_000);

  test('gets one where the URL allows it', async () => {
    const server = await peer((socket, message) => {
      if (message[0] === login7) socket.destroy();
      else socket.write(withoutEncryption);
    });
    expect(await pinged(server.port, '?encrypt=false')).toMatchObject({ code: 'unavailable' });
    expect(server.received.some((message) => message[0] === login7)).toBe(true);
    await server.close();
  }, 30_000);

  test('that the server closes is unavailable', async () => {
    const server = await peer((socket) => socket.destroy());
    expect(await pinged(server.port)).toMatchObject({ code: 'unavailable' });
    await server.close();
  }, 30_000);

  test('that the server does not answer is unavailable after its time', async () => {
    const server = await peer(() => {});
    expect(await pinged(server.port)).toMatchObject({
      code: expect.stringMatching(/^(?:unavailable|timeout)$/),
    });
    await server.close();
  }, 30_000);

  test('to a port where nothing listens is unavailable', async () => {
    const server = await peer(() => {});
    await server.close();
    expect(await pinged(server.port)).toMatchObject({ code: 'unavailable' });
  }, 30_000);
});

describe('the connector', () => {
  type Dial = (to: { host: string; port: number }, lookup: unknown, signal: AbortSignal) => Promise<Socket>;
  const connector = (all = false) => guardedConnector({ all }) as unknown as Dial;

  test.each([false, true])(
    'dials the address that the client gives; all addresses: %s',
    async (all) => {
      const server = await peer(() => {});
      const dial = connector(all);
      for (let route = 0; route < 2; route++) {
        const socket = await dial(
          { host: '127.0.0.1', port: server.port },
          null,
          AbortSignal.timeout(20_000),
        );
        expect(socket.remotePort).toBe(server.port);
        socket.destroy();
      }
      await server.close();
    },
    30_000,
  );

  test('follows routes to other servers only a few times', async () => {
    const server = await peer(() => {});
    const dial = connector();
    const routed = async () => {
      for (let route = 0; route < 20; route++)
        (await dial({ host: '127.0.0.1', port: server.port }, null, AbortSignal.timeout(20_000))).destroy();
    };
    await expect(routed()).rejects.toThrow('routes to another server');
    await server.close();
  }, 30_000);

  test('gives an attempt up when its time has passed', async () => {
    const server = await peer(() => {});
    const over = AbortSignal.abort(new Error('too late'));
    const attempt = connector()({ host: '127.0.0.1', port: server.port }, null, over);
    await expect(attempt).rejects.toThrow('too late');
    await server.close();
  }, 30_000);
});
