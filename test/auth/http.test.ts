import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createAuth, httpRequest } from '../../src/auth/index.ts';
import { FozError } from '../../src/core/index.ts';

const auth = createAuth({ config: { admin_secrets: ['0123456789abcdef'], anonymous_role: 'visitor' } });
const server = createServer((request, response) => {
  try {
    const session = auth.identify(httpRequest(request));
    response.end(
      session instanceof Promise ? 'later' : `${session.role} ${session.variables.get('user-id') ?? ''}`,
    );
  } catch (error) {
    if (!(error instanceof FozError)) throw error;
    response.end(`${error.code}: ${error.message}`);
  }
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await auth.close();
});

/** Sends exactly these header lines and returns the body of the answer. */
function send(lines: readonly string[], target = '/graphql'): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () =>
      resolve(text.slice(text.indexOf('\r\n\r\n') + 4).replaceAll(/\r\n|^[\da-f]+\r\n/g, '')),
    );
    socket.end(
      [`GET ${target} HTTP/1.1`, 'host: h', 'connection: close', ...lines, '', ''].join('\r\n'),
      'latin1',
    );
  });
}

test.each<[string, readonly string[], string | RegExp]>([
  ['nothing', [], /^visitor/],
  ['the secret', ['X-Foz-Admin-Secret: 0123456789abcdef', 'x-hasura-user-id: 7'], 'admin 7'],
  ['the secret in odd case', ['X-HASURA-ADMIN-SECRET:0123456789abcdef'], /^admin/],
  [
    'the secret twice',
    ['x-foz-admin-secret: 0123456789abcdef', 'X-Foz-Admin-Secret: 0123456789abcdef'],
    /^access-denied: The header x-foz-admin-secret was sent more than once/,
  ],
  [
    'Authorization twice, of which Node shows the first',
    ['authorization: Bearer a', 'Authorization: Bearer b'],
    /^access-denied: The header authorization was sent more than once/,
  ],
  [
    'a key twice',
    ['x-api-key: a', 'x-api-key: b'],
    /^access-denied: The header x-api-key was sent more than once/,
  ],
  [
    'a role twice',
    ['x-foz-admin-secret: 0123456789abcdef', 'x-foz-role: a', 'x-foz-role: b'],
    /^access-denied: The header x-foz-role was sent more than once/,
  ],
  ['an empty key', ['x-api-key:'], /^access-denied: /],
  [
    'UTF-8',
    ['x-foz-admin-secret: 0123456789abcdef', `x-foz-user-id: ${Buffer.from('Zoë').toString('latin1')}`],
    'admin Zo\xc3\xab',
  ],
])('%s over HTTP', async (_name, lines, expected) => {
  const body = await send(lines);
  if (typeof expected === 'string') expect(Buffer.from(body, 'utf8').toString('latin1')).toBe(expected);
  else expect(body).toMatch(expected);
});

test('a key in the URL is refused', async () => {
  expect(await send([], '/graphql?api_key=abc')).toMatch(
    /^access-denied: Credentials are never taken from a URL/,
  );
});
