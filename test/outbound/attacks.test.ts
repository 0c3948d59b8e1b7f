import { createConnection } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import * as real from '../../src/outbound/index.ts';
import { closeReceivers, nameServer, rawReceiver, receiver, tunnelProxy } from './receivers.ts';
import { type Edit, type Outbound, removeCopies, without } from './without.ts';

// Where an attack needs an address that may be called, it is 127.0.0.2, which is listed. What must not be reached is 127.0.0.1.
const outside = '127.0.0.2';
const clients: { close(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await closeReceivers();
});
afterAll(removeCopies);

function clientOf({ HttpClient }: Outbound, more: Partial<real.HttpClientOptions> = {}): real.HttpClient {
  const client = new HttpClient({ author: 'anyone', config: { allow: [outside] }, ...more });
  clients.push(client);
  return client;
}

/** Resolves with `true` if the attack has succeeded, and with the fault if it was refused. */
type Attack = (outbound: Outbound) => Promise<true | string>;

async function outcome(attempt: Promise<unknown>): Promise<true | string> {
  try {
    await attempt;
    return true;
  } catch (error) {
    return (error as real.OutboundError).fault ?? String(error);
  }
}

const inner = async () => {
  const { port } = await receiver((_request, response) => void response.end('inner'));
  return port;
};

/** Calls a URL; succeeds if the inner server has answered. */
async function reach(client: real.HttpClient, url: string, more: object = {}): Promise<true | string> {
  return outcome(
    client.send({ url, ...more }).then(({ body }) => {
      if (body.toString() !== 'inner') throw new Error(`answered: ${body.toString()}`);
    }),
  );
}

const anyAddress: Edit = ['guard.ts', "if (kind === 'public' ||", 'if (true ||'];
const noLookupCheck: Edit = [
  'connect.ts',
  'addresses.filter(({ address }) => guard.permits(target, address))',
  'addresses',
];
const noPeerCheck: Edit = [
  'connect.ts',
  "else if (guard.permits(target, socket.remoteAddress ?? ''))",
  'else if (true)',
];
const noLiteralCheck: Edit = ['connect.ts', 'guard.checkLiteral(target);', ''];

const spellings = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '017700000001',
  '0',
  '0.0.0.0',
  '127.0.0.1.',
  '127.000.000.001',
  '①②⑦.⓪.⓪.①',
  '１２７.0.0.1',
  '%31%32%37.0.0.1',
  'localhost',
  'LOCALHOST',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:FFFF:7F00:0001]',
  '[::]',
];

test.each(spellings)('this machine, spelled %s, is not reached', async (host) => {
  const server = await receiver((_request, response) => void response.end('inner'), '::');
  const url = `http://${host}:${server.port}/`;
  expect(await reach(clientOf(real), url)).toBe('refused');
  expect(server.requests).toEqual([]);
  expect(await reach(clientOf(await without(anyAddress)), url)).toBe(true);
});

const [small, large] = [1000, 3_000_000];
const head = 'HTTP/1.1 200 OK\r\n';
const limits = { responseBytes: small * 100, totalMs: 15_000 };

/** A receiver outside that sends one packed body. */
const sends = async (coding: string, body: Buffer) => {
  const { port } = await receiver(
    (_request, response) => void response.writeHead(200, { 'content-encoding': coding }).end(body),
    outside,
  );
  return `http://${outside}:${port}/`;
};
const tooLong = async (outbound: Outbound, url: string) =>
  outcome(
    clientOf(outbound, { limits })
      .send({ url })
      .then(({ body }) => {
        if (body.length <= limits.responseBytes) throw new Error(`only ${body.length} bytes`);
      }),
  );
const noSizeCheck: Edit = ['body.ts', 'if (chunk.length > left)', 'if (false)'];
const allOfIt: Edit = ['body.ts', 'chunk.length > left ? chunk.subarray(0, left) : chunk', 'chunk'];

/** A receiver outside that answers each request by a redirect. */
const redirecting = async (location: string, status = 302) => {
  const server = await receiver(
    (_request, response) => void response.writeHead(status, { location }).end(),
    outside,
  );
  return { ...server, url: `http://${outside}:${server.port}/start` };
};

const attacks: readonly (readonly [name: string, fault: string, taken: readonly Edit[], attack: Attack])[] = [
  [
    'a name that leads to another address at the next lookup (DNS rebinding)',
    'refused',
    [noLookupCheck, noPeerCheck],
    async (outbound) => {
      const port = await inner();
      const { lookup } = await nameServer([outside, '127.0.0.1']);
      // The first answer is permitted, but nobody listens there.
      await outcome(clientOf(outbound, { lookup }).send({ url: `http://rebind.example:${port}/` }));
      return reach(clientOf(outbound, { lookup }), `http://rebind.example:${port}/`);
    },
  ],
  [
    'the same, where the lookup itself were deceived: the peer is judged once connected',
    'refused',
    [noLookupCheck, noLiteralCheck, noPeerCheck],
    async (outbound) => {
      const [port, { lookup }] = [await inner(), await nameServer(['127.0.0.1'])];
      const patched = outbound === real ? await without(noLookupCheck, noLiteralCheck) : outbound;
      return reach(clientOf(patched, { lookup }), `http://inner.example:${port}/`);
    },
  ],
  [
    'a redirect to this machine',
    'refused',
    [anyAddress],
    async (outbound) => {
      const { url } = await redirecting(`http://127.0.0.1:${await inner()}/`);
      return reach(clientOf(outbound), url, { redirects: 3 });
    },
  ],
  [
    'a redirect that keeps credentials for another origin',
    'kept',
    [['redirect.ts', 'url.origin !== hop.url.origin', 'false']],
    async (outbound) => {
      const thief = await receiver((_request, response) => void response.end(), outside);
      const { url } = await redirecting(`http://${outside}:${thief.port}/`, 307);
      await clientOf(outbound).send({
        url,
        redirects: 1,
        headers: { authorization: 'Bearer s', cookie: 's', accept: 'text/plain' },
        secretHeaders: { 'X-Token': 's' },
      });
      const { authorization, cookie, accept, 'x-token': token } = thief.requests[0]!.headers;
      expect(accept).toBe('text/plain');
      const got = [authorization, cookie, token];
      return got.every((value) => value !== undefined)
        ? true
        : got.every((value) => value === undefined)
          ? 'kept'
          : String(got);
    },
  ],
  [
    'redirects without end',
    'redirect',
    [['client.ts', 'if (left === 0)', 'if (false)']],
    async (outbound) => {
      let asked = 0;
      const server = await receiver((_request, response) => {
        asked++;
        response.writeHead(asked > 30 ? 200 : 302, { location: '/again' }).end();
      }, outside);
      const answer = await outcome(
        clientOf(outbound).send({ url: `http://${outside}:${server.port}/`, redirects: 5 }),
      );
      return asked > 30 ? answer : asked === 6 ? answer : String(asked);
    },
  ],
  [
    'a redirect to a file',
    'redirect',
    [
      [
        'redirect.ts',
        "if (!/^https?:$/.test(url.protocol)) throw fail('to a URL that is neither http: nor https:');",
        '',
      ],
    ],
    async (outbound) => {
      const { url } = await redirecting('file:///etc/passwd');
      // Without the check the client fails by itself, with another fault.
      const got = await outcome(clientOf(outbound).send({ url, redirects: 1 }));
      return got === 'redirect' ? got : true;
    },
  ],
  [
    'a redirect with a password in its URL',
    'redirect',
    [['redirect.ts', "if (url.username !== '' || url.password !== '')", 'if (false)']],
    async (outbound) => {
      const port = await receiver((_request, response) => void response.end('inner'), outside);
      const { url } = await redirecting(`http://user:pass@${outside}:${port.port}/`);
      return reach(clientOf(outbound), url, { redirects: 1 });
    },
  ],
  [
    'a bomb of gzip',
    'too-large',
    [noSizeCheck, allOfIt],
    async (outbound) => tooLong(outbound, await sends('gzip', gzipSync(Buffer.alloc(large)))),
  ],
  [
    'a bomb of deflate',
    'too-large',
    [noSizeCheck, allOfIt],
    async (outbound) => tooLong(outbound, await sends('deflate', deflateSync(Buffer.alloc(large)))),
  ],
  [
    'a bomb of brotli',
    'too-large',
    [noSizeCheck, allOfIt],
    async (outbound) => tooLong(outbound, await sends('br', brotliCompressSync(Buffer.alloc(large)))),
  ],
  [
    'a long body',
    'too-large',
    [noSizeCheck, allOfIt],
    async (outbound) => tooLong(outbound, await sends('identity', Buffer.alloc(large))),
  ],
  [
    'a short length and a long body in chunks',
    'too-large',
    [noSizeCheck, allOfIt],
    async (outbound) => {
      const port = await rawReceiver((socket) => {
        socket.once('data', () => {
          socket.write(`${head}transfer-encoding: chunked\r\n\r\n${large.toString(16)}\r\n`);
          socket.write(Buffer.alloc(large));
          socket.end('\r\n0\r\n\r\n');
        });
      }, outside);
      return tooLong(outbound, `http://${outside}:${port}/`);
    },
  ],
  [
    'headers without end',
    'too-large',
    [['pools.ts', 'maxHeaderSize: limits.headerBytes', 'maxHeaderSize: 10_000_000']],
    async (outbound) => {
      const port = await rawReceiver((socket) => {
        const headers = Array.from({ length: 100 }, (_, at) => `x-${at}: ${'x'.repeat(1000)}\r\n`).join('');
        socket.once('data', () => socket.end(`${head}${headers}content-length: 0\r\n\r\n`));
      }, outside);
      return outcome(clientOf(outbound).send({ url: `http://${outside}:${port}/` }));
    },
  ],
  ...(['headers', 'body'] as const).map(
    (part) =>
      [
        `an answer whose ${part} come byte by byte (slow loris)`,
        'timeout',
        [
          [
            'deadline.ts',
            'this.#timer = setTimeout(() => this.#controller.abort(error()), milliseconds);',
            'this.#timer = setTimeout(() => {}, 0);',
          ],
        ],
        async (outbound: Outbound) => {
          const begins = part === 'headers' ? `${head}x-slow: ` : `${head}content-length: 100000\r\n\r\n`;
          let sent = 0;
          const port = await rawReceiver((socket) => {
            socket.once('data', () => {
              socket.write(begins);
              const timer = setInterval(() => {
                socket.write('x');
                // This is long after the request has timed out. Without the check it would still wait.
                if (++sent === 60) socket.destroy();
              }, 20);
              socket.on('close', () => clearInterval(timer));
            });
          }, outside);
          const got = await outcome(
            clientOf(outbound).send({ url: `http://${outside}:${port}/`, totalMs: 200 }),
          );
          return sent >= 60 ? true : got;
        },
      ] as const,
  ),
  [
    'an inner name behind a proxy',
    'refused',
    [noLookupCheck],
    async (outbound) => {
      const [port, { lookup }, proxy] = [await inner(), await nameServer(['127.0.0.1']), await tunnelProxy()];
      const config = { proxy: { url: `http://127.0.0.1:${proxy.port}` } };
      const got = await reach(clientOf(outbound, { lookup, config }), `http://inner.example:${port}/`);
      expect(proxy.targets).toEqual(got === true ? [`127.0.0.1:${port}`] : []);
      return got;
    },
  ],
  [
    'an inner address behind a proxy',
    'refused',
    [['tunnel.ts', 'options.guard.checkLiteral(target);', '']],
    async (outbound) => {
      const [port, proxy] = [await inner(), await tunnelProxy()];
      const config = { proxy: { url: `http://127.0.0.1:${proxy.port}`, resolve: 'proxy' as const } };
      return reach(clientOf(outbound, { config }), `http://2130706433:${port}/`);
    },
  ],
];

test.each(attacks)('%s', async (_name, fault, taken, attack) => {
  expect(await attack(real)).toBe(fault);
  expect(await attack(await without(...taken))).toBe(true);
});

const injections: readonly (readonly [string, Partial<real.OutboundRequest>])[] = [
  ['a value with a line break', { headers: { 'x-note': 'a\r\nx-admin: yes' } }],
  ['a value with a line feed', { headers: { 'x-note': 'a\nx-admin: yes' } }],
  ['a secret value with a line break', { secretHeaders: { 'x-note': 'a\r\nx-admin: yes' } }],
  ['a name with a line break', { headers: { 'x-note: a\r\nx-admin': 'yes' } }],
  ['a name with a blank', { headers: { 'x-note ': 'yes' } }],
  ['a value with NUL', { headers: { 'x-note': 'a\0b' } }],
  // U+010D and U+010A become a line break where only the low byte is written.
  ['a value whose low bytes are a line break', { headers: { 'x-note': 'a\u010d\u010ax-admin: yes' } }],
  ['a length', { method: 'POST', body: 'abc', headers: { 'content-length': '1' } }],
  ['a transfer coding', { method: 'POST', body: 'abc', headers: { 'Transfer-Encoding': 'chunked' } }],
  ['another host', { headers: { host: 'inner' } }],
  ['a host with a line break', { host: 'a\r\nx-admin: yes' }],
  ['a method with a line break', { method: 'GET / HTTP/1.1\r\nx-admin: yes\r\n\r\nGET' }],
  ['a tunnel', { method: 'CONNECT' }],
  ['a header given twice', { headers: { 'X-Note': 'a', 'x-note': 'b' } }],
  ['headers without end', { headers: { 'x-note': 'x'.repeat(70_000) } }],
];

test.each(injections)('%s is not sent, and the message tells no value', async (_name, request) => {
  const server = await receiver((_request, response) => void response.end(), outside);
  const url = `http://${outside}:${server.port}/secret-path?token=hidden`;
  const error = await clientOf(real)
    .send({ url, ...request })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ fault: 'invalid', code: 'data-exception' });
  expect((error as Error).message).not.toMatch(/yes|secret-path|hidden|xxxx/);
  expect(server.requests).toEqual([]);
});

test('the same line break, written by a client without the check, becomes a header', async () => {
  const server = await receiver((_request, response) => void response.end(), outside);
  await new Promise<void>((resolve) => {
    const socket = createConnection(server.port, outside, () =>
      socket.write('GET / HTTP/1.1\r\nhost: x\r\nx-note: a\r\nx-admin: yes\r\n\r\n'),
    );
    socket.once('data', () => {
      socket.destroy();
      resolve();
    });
  });
  expect(server.requests[0]!.headers['x-admin']).toBe('yes');
});

test('an answer behind the answer is not taken for that of the next request', async () => {
  const evil = `${head}content-length: 4\r\n\r\nevil`;
  const port = await rawReceiver((socket) => {
    socket.on('data', () => socket.write(`${head}content-length: 2\r\n\r\nok${evil}`));
  }, outside);
  const client = clientOf(real, { limits: { connectionsPerOrigin: 1 } });
  for (let at = 0; at < 5; at++)
    expect((await client.send({ url: `http://${outside}:${port}/` })).body.toString()).toBe('ok');
});

test.each([
  ['less than its length', `${head}content-length: 100\r\n\r\nabc`, true],
  ['a chunk that breaks off', `${head}transfer-encoding: chunked\r\n\r\n64\r\nabc`, true],
  ['two lengths', `${head}content-length: 3\r\ncontent-length: 4\r\n\r\nabcd`, true],
  [
    'a length and chunks',
    `${head}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    true,
  ],
  ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', true],
  ['nothing', '', true],
  ['gzip that is none', `${head}content-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc`, false],
  ['gzip twice', `${head}content-encoding: gzip, gzip\r\ncontent-length: 3\r\n\r\nabc`, false],
])('an answer with %s is a fault, never an answer', async (_name, bytes, ends) => {
  const port = await rawReceiver((socket) => {
    socket.once('data', () => (ends ? socket.end(bytes) : socket.write(bytes)));
  }, outside);
  const error = await clientOf(real)
    .send({ url: `http://${outside}:${port}/`, totalMs: 10_000 })
    .catch((reason: unknown) => reason);
  expect(['broken', 'unreachable']).toContain((error as real.OutboundError).fault);
});
