import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { adminRole } from '../../src/core/index.ts';
import type { FozServer } from '../../src/serve/index.ts';
import { MemoryEngine, post, serve } from './engine.ts';

const query = 'query Hello { hello }';
const hash = createHash('sha256').update(query).digest('hex');
const hello = '{"data":{"hello":"hello world"}}';

let server: FozServer;
const warned: string[] = [];
beforeAll(async () => {
  const engine = Object.assign(new MemoryEngine(), {
    registered: ({ role }: { role: string }, id: string) =>
      role === adminRole && (id === hash || id === `sha256:${hash}`) ? query : undefined,
  });
  const logger = pino({ level: 'warn' }, { write: (line: string) => warned.push(line) });
  server = await serve(engine, { batch: 3 }, { cors: ['http://localhost:5173'], logger });
});
afterAll(() => server.close(100));

const get = async (headers: Record<string, string>, search = `query=${encodeURIComponent(query)}`) => {
  const response = await fetch(`${server.url}graphql?${search}`, { headers });
  return { status: response.status, text: await response.text() };
};

describe('a GET', () => {
  const known: [string, Record<string, string>][] = [
    ['the header of Apollo', { 'apollo-require-preflight': 'true' }],
    ['a token', { authorization: 'Bearer abc' }],
    ['a role', { 'x-foz-role': 'admin' }],
    ['a content type that no form has', { 'content-type': 'application/json' }],
    ['a page of the server itself', { 'sec-fetch-site': 'same-origin' }],
    ['a page of a listed origin', { origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' }],
  ];
  test.each(known)('with %s is answered', async (_, headers) => {
    expect(await get(headers)).toEqual({ status: 200, text: hello });
  });

  const foreign: [string, Record<string, string>][] = [
    ['nothing', {}],
    ['accept, which any page may set', { accept: 'application/graphql-response+json' }],
    ['a password that the browser sends by itself', { authorization: 'Basic YTpi' }],
    ['a cookie', { cookie: 'session=abc' }],
    ['the content type of a form', { 'content-type': 'text/plain;charset=UTF-8' }],
    ['a page on another port', { 'sec-fetch-site': 'same-site' }],
    ['a page elsewhere', { origin: 'https://evil.example.com', 'sec-fetch-site': 'cross-site' }],
    ['an empty header', { 'apollo-require-preflight': '' }],
  ];
  test.each(foreign)('with %s is refused, and told what helps', async (_, headers) => {
    const { status, text } = await get(headers);
    expect(status).toBe(400);
    for (const help of ['apollo-require-preflight', 'authorization', 'server.cors', 'preferGetMethod: false'])
      expect(text).toContain(help);
  });
});

describe('a document by its id', () => {
  const variables = {};
  test.each([
    ['documentId', { documentId: hash, variables }],
    ['documentId with sha256:', { documentId: `sha256:${hash}` }],
    ['persistedQuery', { extensions: { persistedQuery: { version: 1, sha256Hash: hash } } }],
    ['documentId in extensions', { extensions: { documentId: `sha256:${hash}` } }],
    ['an empty query beside it', { query: '', documentId: hash }],
  ])('by %s, on both lanes', async (_, body) => {
    expect((await post(server.url, body)).text).toBe(hello);
    expect((await post(server.url, body)).text).toBe(hello);
  });
  test('by GET and in a batch', async () => {
    const headers = { 'x-foz-role': 'admin' };
    expect(await get(headers, `documentId=sha256%3A${hash}`)).toEqual({ status: 200, text: hello });
    expect((await post(server.url, [{ documentId: hash }, { query }])).text).toBe(`[${hello},${hello}]`);
  });
  test('one that is not listed refuses itself, not the batch that it is in', async () => {
    const { status, text } = await post(server.url, [
      { query },
      { documentId: 'other' },
      { documentId: hash },
    ]);
    const answers = JSON.parse(text) as { errors?: { extensions: unknown }[] }[];
    expect([status, answers[0], answers[2]]).toEqual([200, JSON.parse(hello), JSON.parse(hello)]);
    expect(answers[1]!.errors!.map(({ extensions }) => extensions)).toEqual([
      { path: '$.documentId', code: 'not-found' },
    ]);
  });
  test('a text that is there counts, and an id that is not listed is told', async () => {
    expect((await post(server.url, { query: '{ hello(name: "x") }', documentId: hash })).text).toBe(
      '{"data":{"hello":"hello x"}}',
    );
    for (const got of [
      await post(server.url, { documentId: 'other' }),
      await get({ 'x-foz-role': 'admin' }, 'documentId=other'),
    ]) {
      expect(got.status).toBe(400);
      const [{ message, extensions }] = (
        JSON.parse(got.text) as { errors: [{ message: string; extensions: unknown }] }
      ).errors;
      expect(message).toContain('allow_list');
      expect(extensions).toEqual({ path: '$.documentId', code: 'not-found' });
    }
    expect((await post(server.url, { documentId: 5 })).status).toBe(400);
  });
});

test('a batch where none is allowed names the setting', async () => {
  const single = await serve(new MemoryEngine());
  const got = await post(single.url, [{ query }]);
  expect([got.status, got.text]).toEqual([400, expect.stringContaining('server.limits.batch')]);
  await single.close(100);
});

test('an origin whose pages cannot read the answers is told to the log once', async () => {
  const ask = (origin: string) => post(server.url, { query }, { origin });
  await ask('http://localhost:5173');
  await ask(server.url.slice(0, -1));
  for (let times = 0; times < 3; times++) await ask('http://localhost:3000');
  const preflight = { 'access-control-request-method': 'POST', origin: 'http://localhost:3000' };
  await fetch(`${server.url}graphql`, { method: 'OPTIONS', headers: preflight });
  const warnings = warned.filter((line) => line.includes('server.cors'));
  expect(warnings.map((line) => (JSON.parse(line) as { origin: string }).origin)).toEqual([
    'https://evil.example.com',
    'http://localhost:3000',
  ]);
});
