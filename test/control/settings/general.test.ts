import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { connect } from '../../../src/attach.ts';
import { defaultWebsocket } from '../../../src/serve/index.ts';
import { type Running, running, secret } from '../sources/runtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-general-'));
const sources = [{ name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') }] as const;
const start = () =>
  running({
    state: join(folder, 'state'),
    sources,
    key_cap: 500,
    server: { port: 0, websocket: { max_operations: 7 } },
    auth: { admin_secrets: [secret], anonymous_role: 'guest' },
  });
let foz: Running;

beforeAll(async () => {
  const connector = await connect(sources[0], { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  const text = 'create table order_lines (id integer primary key, total numeric)';
  for (const one of [text, "insert into order_lines values (1, '2.5')"])
    await connector.run({ text: one, slots: [] }, [], context);
  await connector.close();
  foz = await start();
}, 60_000);
afterAll(async () => {
  await foz.server.close(100);
  rmSync(folder, { recursive: true });
});

const set = async (name: string, value: unknown, revision?: number) => {
  const { data, errors } = await foz.control(
    'mutation ($name: String!, $value: JSON, $revision: SafeInt) { setSetting(name: $name, value: $value, revision: $revision) { value owner revision } }',
    { name, value, revision },
  );
  return (
    data?.setSetting ?? `${errors![0]!.extensions.code}: ${errors!.map(({ message }) => message).join('\n')}`
  );
};
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${foz.server.url}${path}`, { headers });

test('all are told with who says them, and what holds unless told', async () => {
  const { data } = await foz.control('{ settings { name value owner revision } }');
  const found = new Map<string, { value: unknown; owner: string }>(
    data.settings.map(({ name, ...rest }: { name: string }) => [name, rest]),
  );
  expect(found.get('key_cap')).toEqual({ value: 500, owner: 'file', revision: 0 });
  expect(found.get('naming')).toEqual({ value: 'hasura-default', owner: 'default', revision: 0 });
  const { connections, connectionsPerCaller, initMs, keepaliveMs, bufferBytes } = defaultWebsocket;
  const described = [
    'max_connections',
    'max_connections_per_caller',
    'init_ms',
    'keepalive_ms',
    'buffer_bytes',
  ];
  expect(described.map((name) => found.get(`server.websocket.${name}`)?.value)).toEqual([
    connections,
    connectionsPerCaller,
    initMs,
    keepaliveMs,
    bufferBytes,
  ]);
});

test('what the file says stays, what cannot be is refused, and a revision that is not the one that was seen', async () => {
  expect(await set('key_cap', 5)).toBe(
    'not-supported: The configuration file declares the setting key_cap: change it there.',
  );
  expect(await set('server.websocket.max_operations', 5)).toMatch(/^not-supported: /);
  expect(await set('server.port', 80)).toMatch(
    /^not-found: There is no setting "server\.port" here: it is one of naming, /,
  );
  expect(await set('naming', 'camel')).toBe(
    'validation-failed: naming must be one of hasura-default, graphql-default.',
  );
  expect(await set('server.cors', [1])).toBe('validation-failed: server.cors[0] must be string.');
  expect(await set('auth.trusted_proxies', ['everybody'])).toMatch(
    /^validation-failed: auth\.trusted_proxies\[0\] /,
  );
  expect(await set('plan_cache', 10)).toEqual({ value: 10, owner: 'store', revision: 1 });
  expect(await set('plan_cache', 11, 0)).toMatch(/^conflict: /);
  expect(await set('plan_cache', null, 0)).toMatch(/^conflict: /);
  expect(await set('plan_cache', null, 1)).toEqual({ value: 2000, owner: 'default', revision: 0 });
  expect(await set('plan_cache', null)).toEqual({ value: 2000, owner: 'default', revision: 0 });
});

test('names and numbers of the graph', async () => {
  expect((await foz.ask('{ order_lines { total } }')).data).toEqual({ order_lines: [{ total: '2.5' }] });
  await set('naming', 'graphql-default');
  await set('numbers', 'number');
  expect((await foz.ask('{ orderLines { total } }')).data).toEqual({ orderLines: [{ total: 2.5 }] });
  await set('naming', null);
  await set('numbers', null);
  expect((await foz.ask('{ order_lines { total } }')).data).toEqual({ order_lines: [{ total: '2.5' }] });
});

test('the front: origins, metrics, GraphiQL, WebSockets', async () => {
  const allowed = async () =>
    (await get('graphql?query={__typename}', { origin: 'https://a.example' })).headers.get(
      'access-control-allow-origin',
    );
  expect(await allowed()).toBeNull();
  await set('server.cors', ['https://a.example']);
  expect(await allowed()).toBe('https://a.example');
  expect((await get('metrics')).status).toBe(200);
  await set('server.metrics', false);
  expect((await get('metrics')).status).toBe(404);
  await set('server.graphiql', false);
  expect((await get('')).status).toBe(404);
  expect(await opened()).toBe(true);
  await set('server.websocket.max_connections', 1);
  const first = await socket();
  expect(await opened()).toBe(false);
  first!.terminate();
  await set('server.websocket.max_connections', null);
  await set('server.websocket.enabled', false);
  expect(await opened()).toBe(false);
  await set('server.websocket.enabled', true);
  expect(await opened()).toBe(true);
});

test('trusted proxies: addresses are those that they tell, from the next request on', async () => {
  const addresses = async () => {
    await get('graphql?query={__typename}', { 'x-api-key': 'foz_nobody', 'x-forwarded-for': '203.0.113.7' });
    const { data } = await foz.control(
      '{ audit(filter: {outcome: "refused"}, limit: 1) { entries { address } } }',
    );
    return data.audit.entries[0].address;
  };
  expect(await addresses()).toBe('127.0.0.1');
  await set('auth.trusted_proxies', ['loopback']);
  expect(await addresses()).toBe('203.0.113.7');
  await set('auth.trusted_proxies', null);
});

test('each change is written down, and all hold after another start', async () => {
  await set('audit.retention_days', 400);
  await set('audit.when_down', 'open');
  const { text } = await foz.control('{ audit { entries { operation before after } } }');
  expect(text).toContain(String.raw`{\"audit.retention_days\":400}`);
  await foz.server.close(100);
  foz = await start();
  const { data } = await foz.control('{ settings { name value owner } }');
  expect(data.settings).toContainEqual({ name: 'audit.retention_days', value: 400, owner: 'store' });
  expect(foz.server.plane?.audit?.whenDown).toBe('open');
  expect((await get('metrics')).status).toBe(404);
});

async function socket(): Promise<WebSocket | null> {
  const made = new WebSocket(`${foz.server.url.replace('http', 'ws')}graphql`, 'graphql-transport-ws');
  return new Promise((resolve) => {
    made.on('open', () => resolve(made));
    made.on('error', () => resolve(null));
  });
}

async function opened(): Promise<boolean> {
  const made = await socket();
  made?.terminate();
  return made !== null;
}
