import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Session } from '../../../src/access/index.ts';
import { adminRole, parseRoleName } from '../../../src/core/index.ts';
import { start } from '../../../src/main.ts';
import { defaultLimits, defaultWebsocket } from '../../../src/serve/index.ts';
import { connect } from '../../support/connect.ts';
import { MemoryEngine, post, serve } from '../engine.ts';
import { open, type RefusedUpgrade } from './client.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-reached-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const statusOf = (opened: Promise<unknown>): Promise<number> =>
  opened.then(
    () => 101,
    ({ status }: RefusedUpgrade) => status,
  );

test('over TLS: operations, origins of pages, and requests that offer HTTP/2', async () => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const name = ['-subj', '/CN=foz', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...name, '-keyout', key, '-out', cert], {
    stdio: 'pipe',
  });
  const server = await serve(new MemoryEngine(), {}, { tls: { cert, key } });
  const ca = readFileSync(cert, 'utf8');
  const { host, port } = new URL(server.url);
  const client = await (await open(server.url, { ca, headers: { origin: `https://${host}` } })).init();
  expect(await client.ask('1', '{ hello }')).toHaveLength(2);
  client.socket.close();
  expect(await statusOf(open(server.url, { ca, headers: { origin: `http://${host}` } }))).toBe(403);
  const body = '{"query":"{ hello }"}';
  const received = await new Promise<string>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', connection: 'upgrade', upgrade: 'h2c' };
    const asked = request(
      { host: '127.0.0.1', port, path: '/graphql', method: 'POST', ca, headers },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
  expect(received).toBe('{"data":{"hello":"hello world"}}');
  await server.close(0);
});

test('where any origin may call, its page may open one, but a cookie is not taken from it', async () => {
  const cookies: (string | undefined)[] = [];
  const identify = ({ headers }: IncomingMessage): Session => {
    cookies.push(headers.cookie);
    return { role: adminRole, variables: new Map() };
  };
  const server = await serve(new MemoryEngine(), {}, { identify, cors: ['*', 'https://app.example.com'] });
  const { host } = new URL(server.url);
  for (const origin of ['https://evil.example', 'null', 'https://app.example.com', `http://${host}`]) {
    const client = await (await open(server.url, { headers: { origin, cookie: 'a=b' } })).init();
    expect(await client.ask('1', '{ hello }')).toHaveLength(2);
    client.socket.close();
  }
  expect(cookies).toEqual([undefined, undefined, 'a=b', 'a=b']);
  await server.close(0);
});

test('addresses are those that trusted proxies tell: each has its own connections', async () => {
  const identify = (): Session => ({ role: adminRole, variables: new Map() });
  const addressOf = ({ headers }: IncomingMessage) => String(headers['x-forwarded-for']);
  const websocket = { ...defaultWebsocket, connectionsPerCaller: 1 };
  const server = await serve(new MemoryEngine(), {}, { identify, addressOf, websocket });
  const from = async (address: string) =>
    (await open(server.url, { headers: { 'x-forwarded-for': address } })).init();
  const [one, two, again] = [await from('192.0.2.1'), await from('192.0.2.2'), await from('192.0.2.1')];
  expect(await again.end()).toMatchObject({ code: 1013 });
  expect([one.closed, two.closed]).toEqual([null, null]);
  for (const client of [one, two]) client.socket.close();
  await server.close(0);
});

test('messages are as long as the role may send, and no longer', async () => {
  const clerk = parseRoleName('clerk')!;
  const identify = ({ headers }: IncomingMessage): Session => ({
    role: headers['x-clerk'] === undefined ? adminRole : clerk,
    variables: new Map(),
  });
  const roleLimits = new Map([[clerk, { ...defaultLimits, body_bytes: 200_000 }]]);
  const server = await serve(new MemoryEngine(), { body_bytes: 100_000 }, { identify, roleLimits });
  const query = `{ hello(name: "${'x'.repeat(150_000)}") }`;
  const admin = await (await open(server.url)).init();
  admin.begin('1', query);
  expect(await admin.end()).toEqual({ code: 1009, reason: 'The message is larger than 100000 bytes.' });
  const client = await (await open(server.url, { headers: { 'x-clerk': 'yes' } })).init();
  expect(await client.ask('1', query)).toHaveLength(2);
  client.begin('2', query.repeat(2));
  expect((await client.end()).code).toBe(1009);
  await server.close(0);
});

test('numbers keep every digit, and a large answer is the bytes of HTTP', async () => {
  const file = join(folder, 'shop.db');
  const own = await connect('sqlite', file);
  await own.execute(
    `create table orders (id integer primary key, amount bigint, note text);
     insert into orders values (1, 9007199254740993, 'ü " \\');
     insert into orders with recursive n (i) as (select 2 union all select i + 1 from n where i < 5000)
       select i, -9223372036854775808, hex(randomblob(20)) from n`,
  );
  await own.close();
  const foz = await start(
    {
      state: join(folder, 'state'),
      numbers: 'number',
      server: { port: 0, graphiql: false },
      sources: [{ name: 'shop', kind: 'sqlite', path: file }],
    },
    { logger: pino({ level: 'silent' }) },
  );
  const query = '{ orders(order_by: {id: asc}) { id amount note } }';
  const { text } = await post(foz.url, { query });
  expect(text).toContain('9007199254740993');
  const client = await (await open(foz.url)).init();
  expect((await client.ask('1', query))[0]).toBe(`{"id":"1","type":"next","payload":${text}}`);
  client.socket.close();
  await foz.close(0);
});
