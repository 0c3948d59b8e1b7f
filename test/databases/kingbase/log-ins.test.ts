import { createServer, type Server, type Socket } from 'node:net';
import { connectKingbase } from '../../../src/databases/kingbase/index.ts';
import { connectPostgres, type PostgresOptions } from '../../../src/databases/postgres/index.ts';

/** A message of the protocol: a code, its length, its body. */
function message(code: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const head = Buffer.alloc(5);
  head.write(code, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const salt = Buffer.from([1, 2, 250, 0]);
const accepted = message('R', number(0));
const refused = message('E', 'SFATAL\0C28P01\0Mpassword authentication failed\0\0');
const ready = message('Z', 'I');

/** The answer to a statement: no rows. */
const nothing = [message('1'), message('2'), message('C', 'SELECT 0\0'), ready];

/** The row that a new connection asks for. */
const answered = [
  message('T', Buffer.from([0, 2]), ...['version', 'mode'].map((name) => column(name))),
  message('D', Buffer.from([0, 2]), ...['KingbaseES V009R001C010', 'pg'].map((text) => value(text))),
  message('C', 'SELECT 1\0'),
  ready,
];

function column(name: string): Buffer {
  return Buffer.concat([
    Buffer.from(`${name}\0`),
    number(0),
    Buffer.from([0, 0]),
    number(25),
    Buffer.from([0, 0]),
    number(-1),
    Buffer.from([0, 0]),
  ]);
}

function value(text: string): Buffer {
  return Buffer.concat([number(Buffer.byteLength(text)), Buffer.from(text)]);
}

interface Spoken {
  readonly port: number;
  /** The passwords that clients have sent. */
  readonly passwords: string[];
  close(): Promise<void>;
}

/**
 * A server that asks for a log-in, on the connections of cancel requests too. `request`: the bytes of its request; `pieces`: sends them one by
 * one; `isSilent`: statements are not answered.
 */
async function speak(request: Buffer, expected: string, pieces = false, isSilent = false): Promise<Spoken> {
  const passwords: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let isStarted = false;
    let arrived = Buffer.alloc(0);
    const send = async (bytes: Buffer) => {
      if (!pieces) return void socket.write(bytes);
      for (const byte of bytes) {
        socket.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    socket.on('data', (bytes) => {
      arrived = Buffer.concat([arrived, bytes]);
      for (;;) {
        const head = isStarted ? 1 : 0;
        if (arrived.length < head + 4) return;
        const length = head + arrived.readUInt32BE(head);
        if (arrived.length < length) return;
        const code = isStarted ? String.fromCharCode(arrived[0]!) : 'start';
        const body = arrived.subarray(head + 4, length);
        arrived = arrived.subarray(length);
        if (code === 'start') {
          isStarted = true;
          void send(request);
        } else if (code === 'p') {
          passwords.push(body.toString('utf8', 0, body.length - 1));
          if (passwords.at(-1) !== expected) socket.end(refused);
          else socket.write(Buffer.concat([accepted, message('K', number(7), number(8)), ready]));
        } else if (code === 'Q') socket.write(Buffer.concat(answered));
        else if (code === 'S' && !isSilent) socket.write(Buffer.concat(nothing));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    passwords,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Digests of the password "s3cret/ü" of the user "shop", computed by OpenSSL's command. */
const bySm3 = 'sm3ca8dc223a64db657a1945891c7835a3190dd9eda700fac41e6512ba620aea724';
const request = message('R', number(13), salt);

/** Connects, and returns the error of the connection; `null`: it was let in. */
async function outcome(
  spoken: Spoken,
  connect: (options: PostgresOptions) => ReturnType<typeof connectPostgres>,
  password: string | (() => Promise<string>) = 's3cret/ü',
): Promise<{ readonly code: string; readonly message: string } | null> {
  const connection = { host: '127.0.0.1', port: spoken.port, user: 'shop', database: 'shop', password };
  // With named statements the connector would also ask whether a pooler stands before the server.
  const connector = connect({ connection, preparedStatements: false, connectMs: 30_000 });
  try {
    const ping = connector.ping(AbortSignal.timeout(30_000));
    return await ping.then(
      () => null,
      (error: { code: string; message: string }) => error,
    );
  } finally {
    await connector.close();
  }
}

describe('log-in by sm3', () => {
  test.each([false, true])('the password is answered by keyed digests (byte by byte: %p)', async (pieces) => {
    const spoken = await speak(request, bySm3, pieces);
    try {
      expect(await outcome(spoken, connectKingbase)).toBeNull();
      expect(spoken.passwords).toEqual([bySm3]);
    } finally {
      await spoken.close();
    }
  });

  test('the password may come from a function', async () => {
    const spoken = await speak(request, bySm3);
    try {
      expect(await outcome(spoken, connectKingbase, async () => 's3cret/ü')).toBeNull();
      expect(spoken.passwords).toEqual([bySm3]);
    } finally {
      await spoken.close();
    }
  });

  test('a wrong password is told as such', async () => {
    const spoken = await speak(request, bySm3);
    try {
      const error = await outcome(spoken, connectKingbase, 'other');
      expect(error).toMatchObject({ code: 'unavailable' });
      expect(spoken.passwords).toHaveLength(1);
      expect(spoken.passwords[0]).toMatch(/^sm3[0-9a-f]{64}$/);
      expect(spoken.passwords[0]).not.toBe(bySm3);
    } finally {
      await spoken.close();
    }
  });

  test('a request without an end is refused', async () => {
    const endless = Buffer.from(request);
    endless.writeInt32BE(2 ** 30, 1);
    const spoken = await speak(endless, bySm3);
    try {
      expect(await outcome(spoken, connectKingbase)).toMatchObject({ code: 'unavailable' });
      expect(spoken.passwords).toEqual([]);
    } finally {
      await spoken.close();
    }
  });
});

describe('a log-in that Foz does not know is refused with the way out', () => {
  const cases = [
    ['sm3 asked of PostgreSQL', request, connectPostgres, ' (13)'],
    ['another code', message('R', number(14), salt), connectKingbase, ' (14)'],
    ['SCRAM with SM3', message('R', number(10), 'SCRAM-SM3\0\0'), connectKingbase, ''],
  ] as const;
  test.each(cases)('%s', async (_, asked, connect, code) => {
    const spoken = await speak(asked, 'nothing');
    try {
      expect(await outcome(spoken, connect)).toMatchObject({
        code: 'unavailable',
        message: `The server asks for a kind of log-in that Foz does not know${code}: let the user log in by scram-sha-256.`,
      });
      expect(spoken.passwords).toEqual([]);
    } finally {
      await spoken.close();
    }
  });
});

test('what a server sends on the connection of a cancel request does not end the process', async () => {
  // The server does not answer statements, so that a cancel request is sent. It answers that with a request to log in.
  const spoken = await speak(request, bySm3, false, true);
  try {
    const connection = {
      host: '127.0.0.1',
      port: spoken.port,
      user: 'shop',
      database: 'shop',
      password: 's3cret/ü',
    };
    const connector = connectKingbase({ connection, preparedStatements: false });
    await expect(connector.ping(AbortSignal.timeout(200))).rejects.toMatchObject({ code: 'timeout' });
    await connector.close();
    expect(spoken.passwords).toEqual([bySm3]);
  } finally {
    await spoken.close();
  }
}, 60_000);
