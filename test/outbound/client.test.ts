import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { HttpClient, type HttpClientOptions, type OutboundError } from '../../src/outbound/index.ts';
import { closeReceivers, listening, rawReceiver, receiver, tunnelProxy } from './receivers.ts';

const clients: HttpClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await closeReceivers();
});

function clientOf(more: Partial<HttpClientOptions> = {}): HttpClient {
  const client = new HttpClient({ author: 'operator', ...more });
  clients.push(client);
  return client;
}

const failure = (attempt: Promise<unknown>): Promise<OutboundError> =>
  attempt.then(
    () => {
      throw new Error('it was answered');
    },
    (error: OutboundError) => error,
  );

test('sends method, headers and body, and gives status, headers and body', async () => {
  const server = await receiver(
    (_request, response) => void response.writeHead(201, { 'x-a': 'b' }).end('yes'),
  );
  const answer = await clientOf().send({
    url: `http://127.0.0.1:${server.port}/a?b=c#d`,
    method: 'POST',
    headers: { 'Content-Type': 'text/plain' },
    secretHeaders: { 'x-key': 'k' },
    host: 'named.example',
    body: 'grüße',
  });
  expect([answer.status, answer.headers.get('x-a'), answer.body.toString(), answer.isCut]).toEqual([
    201,
    'b',
    'yes',
    false,
  ]);
  expect(server.requests[0]).toMatchObject({
    url: '/a?b=c',
    method: 'POST',
    body: 'grüße',
    headers: { 'content-type': 'text/plain', 'x-key': 'k', host: 'named.example', 'user-agent': 'foz' },
  });
});

test.each([
  [301, 'POST', 'GET', ''],
  [302, 'POST', 'GET', ''],
  [303, 'PUT', 'GET', ''],
  [303, 'HEAD', 'HEAD', ''],
  [302, 'PUT', 'PUT', 'body'],
  [307, 'POST', 'POST', 'body'],
  [308, 'POST', 'POST', 'body'],
])('a redirect of %i after %s is followed by %s', async (status, method, next, body) => {
  const server = await receiver((request, response) => {
    if (request.url === '/end') response.end();
    else response.writeHead(status, { location: '/end' }).end();
  });
  const url = `http://127.0.0.1:${server.port}/start`;
  const sent = {
    url,
    method,
    headers: { 'content-type': 'text/plain' },
    ...(method === 'HEAD' ? {} : { body: 'body' }),
  };
  expect((await clientOf().send(sent)).status).toBe(status);
  const answer = await clientOf().send({ ...sent, redirects: 1 });
  expect([answer.status, answer.url.pathname]).toEqual([200, '/end']);
  expect(server.requests.at(-1)).toMatchObject({ method: next, body });
  expect(server.requests.at(-1)!.headers['content-type']).toBe(next === method ? 'text/plain' : undefined);
});

test('a long answer is cut where asked, packed or not', async () => {
  const text = Array.from({ length: 20_000 }, (_, at) => at).join(' ');
  const server = await receiver((request, response) => {
    if (request.url === '/packed')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text));
    else response.end(text);
  });
  for (const path of ['/', '/packed']) {
    const url = `http://127.0.0.1:${server.port}${path}`;
    const answer = await clientOf().send({ url, responseBytes: 1000, overlong: 'cut' });
    expect([answer.isCut, answer.body.toString()]).toEqual([true, text.slice(0, 1000)]);
    expect((await clientOf().send({ url })).body.toString()).toBe(text);
  }
});

test('an answer that breaks off, never ends or cannot be unpacked is cut where asked, and else fails', async () => {
  const server = await receiver((request, response) => {
    const kind = request.url!.slice(1);
    response.writeHead(200, {
      'content-length': 1000,
      ...(kind !== 'breaks' && kind !== 'hangs' && { 'content-encoding': kind }),
    });
    if (kind === 'gzip' || kind === 'compress') response.end('x'.repeat(1000));
    else response.write('begun', () => kind === 'breaks' && response.destroy());
  });
  for (const [kind, body, fault] of [
    ['breaks', 'begun', 'unreachable'],
    ['hangs', 'begun', 'timeout'],
    ['gzip', '', 'broken'],
    ['compress', '', 'broken'],
  ]) {
    const asked = { url: `http://127.0.0.1:${server.port}/${kind}`, totalMs: 500 };
    const answer = await clientOf().send({ ...asked, overlong: 'cut' });
    expect([kind, answer.status, answer.isCut, answer.body.toString()]).toEqual([kind, 200, true, body]);
    expect([kind, (await failure(clientOf().send(asked))).fault]).toEqual([kind, fault]);
  }
  const caller = new AbortController();
  const url = `http://127.0.0.1:${server.port}/hangs`;
  const ended = failure(clientOf().send({ url, overlong: 'cut', signal: caller.signal }));
  setTimeout(() => caller.abort(), 100);
  expect((await ended).fault).toBe('ended');
});

test('connections are used again, and are no more than allowed', async () => {
  const server = await receiver((_request, response) => void setTimeout(() => response.end(), 5));
  const client = clientOf({ limits: { connectionsPerOrigin: 3 } });
  const url = `http://127.0.0.1:${server.port}/`;
  await Promise.all(Array.from({ length: 30 }, () => client.send({ url })));
  expect(server.requests).toHaveLength(30);
  expect(server.connections).toBe(3);
});

test('the origins that were used least recently give up their connections, not what runs on them', async () => {
  const held: ServerResponse[] = [];
  const slow = await receiver((_request, response) => void held.push(response));
  const client = clientOf({ limits: { origins: 2, connectionsPerOrigin: 1 } });
  const waiting = client.send({ url: `http://127.0.0.1:${slow.port}/` });
  const others = await Promise.all(
    [1, 2, 3].map(() => receiver((_request, response) => void response.end())),
  );
  for (const { port } of others) await client.send({ url: `http://127.0.0.1:${port}/` });
  await client.send({ url: `http://127.0.0.1:${others[2]!.port}/` });
  await client.send({ url: `http://127.0.0.1:${others[0]!.port}/` });
  expect(others.map(({ connections }) => connections)).toEqual([2, 1, 1]);
  held[0]!.end('slow');
  expect((await waiting).body.toString()).toBe('slow');
});

test('a caller can end a request', async () => {
  const { port } = await receiver(() => {});
  const ended = new AbortController();
  const waiting = failure(clientOf().send({ url: `http://127.0.0.1:${port}/`, signal: ended.signal }));
  ended.abort();
  expect((await waiting).fault).toBe('ended');
});

test('a proxy is told the address, gets its password, and is passed by for listed hosts', async () => {
  const server = await receiver((_request, response) => void response.end('through'));
  const login = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
  const proxy = await tunnelProxy(login);
  const url = `http://user:p%40ss@127.0.0.1:${proxy.port}`;
  const asked = { url: `http://localhost:${server.port}/secret` };
  const lookup: HttpClientOptions['lookup'] = (_host, _options, done) =>
    done(null, [{ address: '127.0.0.1', family: 4 }]);
  expect((await clientOf({ config: { proxy: { url } }, lookup }).send(asked)).body.toString()).toBe(
    'through',
  );
  await clientOf({ config: { proxy: { url, resolve: 'proxy' } }, lookup }).send(asked);
  await clientOf({ config: { proxy: { url, bypass: [`localhost:${server.port}`] } }, lookup }).send(asked);
  expect(proxy.targets).toEqual([`127.0.0.1:${server.port}`, `localhost:${server.port}`]);
  const refused = await failure(
    clientOf({ config: { proxy: { url: `http://u:wrong@127.0.0.1:${proxy.port}` } }, lookup }).send(asked),
  );
  expect(refused.message).toBe(
    `The proxy http://127.0.0.1:${proxy.port} of outbound.proxy: it wants another user or password (status 407).`,
  );
  const away = await failure(
    clientOf({ config: { proxy: { url: 'http://u:wrong@127.0.0.1:1' } }, lookup }).send(asked),
  );
  expect([away.fault, /wrong|secret/.test(away.message)]).toEqual(['proxy', false]);
});

test('errors name the origin and the way out, and no path', async () => {
  const ssh = await rawReceiver((socket) => void socket.end('SSH-2.0-OpenSSH\r\n'));
  const quiet = await receiver(() => {});
  const errorOf = async (url: string, more: object = {}) =>
    (await failure(clientOf().send({ url, ...more }))).message;
  expect(await errorOf('http://127.0.0.1:1/secret')).toBe(
    'http://127.0.0.1:1: the connection failed: check that the service runs, and that this machine may reach its port (ECONNREFUSED)',
  );
  const unknown = Object.assign(new Error('none'), { code: 'ENOTFOUND' });
  const nameless = clientOf({ lookup: (_host, _options, done) => done(unknown, []) });
  expect((await failure(nameless.send({ url: 'http://shop.example/secret' }))).message).toMatch(
    /^http:\/\/shop\.example: its name cannot be resolved: check/,
  );
  expect(await errorOf(`http://127.0.0.1:${ssh}/secret`)).toMatch(
    /: it answered with something that is not HTTP: check/,
  );
  expect(await errorOf(`http://127.0.0.1:${quiet.port}/secret`, { totalMs: 50 })).toMatch(
    /: no complete answer within 50 ms: check/,
  );
  expect(await errorOf('ftp://a/secret')).toMatch(/use https: or http:/);
  expect(await errorOf('http://u:secret@a/')).toBe(
    'http://a: the URL has a user or a password in it: send them in a header.',
  );
  expect(await errorOf('secret')).toBe('The URL of an outgoing request is no URL.');
  expect(await errorOf('http://169.254.169.254/secret')).toMatch(
    /^169\.254\.169\.254:80 may not be called: it is the metadata service of a cloud .* add the host or its network to outbound\.allow\.$/,
  );
});

test('certificates: own authorities, client certificates, and no way to https: and back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foz-outbound-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...request, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  const [ca, own] = [readFileSync(cert, 'utf8'), readFileSync(key, 'utf8')];
  const server = createTlsServer(
    { cert: ca, key: own, ca, requestCert: true, rejectUnauthorized: false },
    (incoming, response) => {
      const { authorized } = incoming.socket as TLSSocket;
      if (incoming.url === '/down') response.writeHead(302, { location: 'http://localhost:1/' }).end();
      else response.end(`client ${authorized ? 'known' : 'unknown'}`);
    },
  );
  const url = `https://localhost:${await listening(server, 'localhost')}/`;
  const foreign = await failure(clientOf().send({ url }));
  expect([foreign.fault, foreign.message.includes('outbound.ca')]).toEqual(['tls', true]);
  expect((await clientOf({ config: { ca } }).send({ url })).body.toString()).toBe('client unknown');
  const certificates = [{ hosts: ['localhost'], cert: ca, key: own }];
  const known = clientOf({ config: { ca: [ca], certificates } });
  expect((await known.send({ url })).body.toString()).toBe('client known');
  const others = [{ hosts: ['other.example'], cert: ca, key: own }];
  expect((await clientOf({ config: { ca, certificates: others } }).send({ url })).body.toString()).toBe(
    'client unknown',
  );
  expect((await failure(known.send({ url: `${url}down`, redirects: 2 }))).message).toMatch(
    /redirects from https: to http:/,
  );
  // The certificate is that of the URL's host, whatever the header Host says.
  for (const named of ['other.example', 'localhost'])
    expect((await clientOf({ config: { ca } }).send({ url, host: named })).status).toBe(200);
  const { address, family } = server.address() as AddressInfo;
  const byAddress = url.replace('localhost', family === 'IPv6' ? `[${address}]` : address);
  expect(
    (await failure(clientOf({ config: { ca } }).send({ url: byAddress, host: 'localhost' }))).fault,
  ).toBe('tls');
  const proxy = await tunnelProxy();
  const through = clientOf({
    config: { ca, certificates, proxy: { url: `http://127.0.0.1:${proxy.port}` } },
  });
  expect((await through.send({ url })).body.toString()).toBe('client known');
  expect(proxy.targets).toHaveLength(1);
  expect((await through.send({ url, host: 'other.example' })).status).toBe(200);
  expect((await failure(through.send({ url: byAddress, host: 'localhost' }))).fault).toBe('tls');
});
