import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverAudits } from 'graphql-http';
import type { FozServer } from '../../src/serve/index.ts';
import { type Got, MemoryEngine, post, serve } from './engine.ts';

let engine: MemoryEngine;
let server: FozServer;
beforeAll(async () => {
  engine = new MemoryEngine();
  server = await serve(
    engine,
    { time_ms: 1000, body_bytes: 64 * 1024, depth: 3, nodes: 50, tokens: 500 },
    { cors: ['https://app.example.org'] },
  );
});
afterAll(() => server.close(100));

const codeOf = (got: Got) =>
  (JSON.parse(got.text) as { errors: { extensions: { code: string } }[] }).errors[0]!.extensions.code;
const graphqlJson = { accept: 'application/graphql-response+json' };

describe('GraphQL over HTTP audits', () => {
  // The list of audits is built before the server has a port, so each audit gets the URL when it runs.
  for (const [index, { id, name }] of serverAudits({ url: 'http://127.0.0.1/graphql' }).entries()) {
    test(`${id} ${name}`, async () => {
      const audit = serverAudits({ url: `${server.url}graphql`, fetchFn: fetch })[index]!;
      const result = await audit.fn();
      // An audit of a MAY of the specification results in a notice.
      expect([result.status, 'reason' in result ? result.reason : '']).not.toContain('error');
      expect(result.status).not.toBe('warn');
    });
  }
});

describe('requests', () => {
  test('POST', async () => {
    const got = await post(server.url, { query: '{ hello }' });
    expect([got.status, got.text, got.headers.get('content-type')]).toEqual([
      200,
      '{"data":{"hello":"hello world"}}',
      'application/json; charset=utf-8',
    ]);
  });
  test('GET', async () => {
    const response = await fetch(`${server.url}graphql?query=${encodeURIComponent('{ hello(name: "x") }')}`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect([response.status, await response.text()]).toEqual([200, '{"data":{"hello":"hello x"}}']);
  });
  test('GET without a header that browsers ask permission for is refused', async () => {
    const response = await fetch(`${server.url}graphql?query=${encodeURIComponent('{ hello }')}`);
    expect(response.status).toBe(400);
  });
  test('a mutation by GET is 405 and does nothing', async () => {
    const response = await fetch(
      `${server.url}graphql?query=${encodeURIComponent('mutation { add(n: 1) }')}`,
      { headers: { 'apollo-require-preflight': '1' } },
    );
    expect([response.status, response.headers.get('allow'), engine.sum]).toEqual([405, 'POST', 0]);
  });
  test.each(['PUT', 'DELETE', 'PATCH'])('%s is 405', async (method) => {
    const response = await fetch(`${server.url}graphql`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });
  test.each([
    ['{', 400, 'validation-failed'],
    ['"text"', 400, 'validation-failed'],
    ['{}', 400, 'validation-failed'],
    ['{"query": 1}', 400, 'validation-failed'],
    ['{"query": "{ hello }", "variables": "x"}', 400, 'validation-failed'],
    ['{"query": "{ hello }", "operationName": 1}', 400, 'validation-failed'],
    ['[{"query": "{ hello }"}]', 400, 'validation-failed'],
  ])('the body %s is %i', async (body, status, code) => {
    const got = await post(server.url, body);
    expect([got.status, codeOf(got)]).toEqual([status, code]);
  });
  test('a body that is not UTF-8 is 400', async () => {
    const response = await fetch(`${server.url}graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Uint8Array([123, 0xff, 125]),
    });
    expect(response.status).toBe(400);
  });
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])(
    'content type "%s" is 415',
    async (type) => {
      const response = await fetch(`${server.url}graphql`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{"query":"{ hello }"}',
      });
      expect(response.status).toBe(415);
    },
  );
  test('an Accept header that nothing fits is 406', async () => {
    const got = await post(server.url, { query: '{ hello }' }, { accept: 'text/html' });
    expect(got.status).toBe(406);
  });
  test('a document with very many errors: the last one says that there are more', async () => {
    const given = Array.from({ length: 120 }, (_, at) => `a${at}: 1`).join(' ');
    const { text } = await post(server.url, { query: `{ hello(${given}) }` });
    const { errors } = JSON.parse(text) as { errors: { message: string; extensions: object }[] };
    expect(errors).toHaveLength(101);
    expect(errors[100]).toEqual({
      message:
        'The document has more errors than these 100: correct them and send it again to see the others.',
      extensions: { path: '$', code: 'validation-failed' },
    });
  });
  test('a body beyond the limit is 413, announced or not', async () => {
    const large = await post(server.url, { query: `{ hello } #${'x'.repeat(70_000)}` });
    expect([large.status, codeOf(large)]).toEqual([413, 'limit-exceeded']);
    const streamed = await new Promise<number>((resolve, reject) => {
      const sent = request(
        `${server.url}graphql`,
        { method: 'POST', headers: { 'content-type': 'application/json' } },
        (response) => resolve(response.statusCode!),
      );
      sent.on('error', reject);
      for (let chunk = 0; chunk < 8; chunk++) sent.write('x'.repeat(10_000));
      sent.end();
    });
    expect(streamed).toBe(413);
  });
  test('an unknown path tells where GraphQL is', async () => {
    const response = await fetch(`${server.url}nothing`);
    expect([response.status, (await response.text()).includes('/graphql')]).toEqual([404, true]);
  });
});

describe('refusals', () => {
  test.each([
    ['{', 'parse-failed'],
    ['{ helo }', 'validation-failed'],
    ['query ($x: Int!) { slow(ms: $x) }', 'validation-failed'],
    ['{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }', 'validation-failed'],
    [`{ ${Array.from({ length: 60 }, (_, index) => `a${index}: hello`).join(' ')} }`, 'limit-exceeded'],
    [`{ ${Array.from({ length: 10_00 }, (_, index) => `a${index}: hello`).join(' ')} }`, 'limit-exceeded'],
  ])('%.40s', async (query, code) => {
    const plain = await post(server.url, { query });
    const typed = await post(server.url, { query }, graphqlJson);
    expect([plain.status, codeOf(plain), typed.status, codeOf(typed)]).toEqual([200, code, 400, code]);
  });
  test('the message of an unknown field names a near one', async () => {
    expect((await post(server.url, { query: '{ helo }' })).text).toContain('Did you mean \\"hello\\"?');
  });
  test('what fails while running is told with its code, without a stack', async () => {
    const got = await post(server.url, { query: '{ fail }' });
    expect([got.status, got.text]).toEqual([
      200,
      '{"errors":[{"message":"The source is down.","extensions":{"path":"$","code":"unavailable"}}],"data":null}',
    ]);
  });
  test('the time limit ends the request and aborts the work', async () => {
    const before = engine.aborted;
    const got = await post(server.url, { query: '{ slow(ms: 5000) }' });
    expect([codeOf(got), engine.aborted]).toEqual(['timeout', before + 1]);
  });
  test('a client that goes away aborts the work', async () => {
    const before = engine.aborted;
    const abort = new AbortController();
    const gone = fetch(`${server.url}graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ slow(ms: 900) }' }),
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(), 100);
    await expect(gone).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(engine.aborted).toBe(before + 1);
  });
});

describe('both lanes', () => {
  test.each([
    [{ query: 'query both($name: String) { hello(name: $name) }', variables: { name: 'é"\\' } }, {}],
    [{ query: 'query both($name: String) { hello(name: $name) }', variables: { name: 'é"\\' } }, graphqlJson],
    [{ query: 'mutation both { add(n: 0) }' }, {}],
    [{ query: '{ big(kb: 1) }' }, { accept: '*/*' }],
  ])('answer alike: %j', async (body, headers) => {
    const id = { 'x-request-id': 'same' };
    const full = await post(server.url, { ...body, extensions: {} }, { ...headers, ...id });
    const hot = await post(server.url, body, { ...headers, ...id });
    const seen = (got: Got) => [
      got.status,
      got.text,
      Object.fromEntries([...got.headers].filter(([name]) => name !== 'date')),
    ];
    expect(seen(hot)).toEqual(seen(full));
  });
});

describe('persisted queries', () => {
  const query = 'query persisted { hello }';
  const extensions = {
    persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') },
  };
  test('are asked for, registered and found', async () => {
    expect((await post(server.url, { extensions })).text).toContain('PersistedQueryNotFound');
    expect((await post(server.url, { query, extensions })).text).toBe('{"data":{"hello":"hello world"}}');
    expect((await post(server.url, { extensions })).text).toBe('{"data":{"hello":"hello world"}}');
  });
  test.each([['a text'], [{ version: 2, sha256Hash: 'x' }], [{}], [[]]])(
    '%j is no persisted query',
    async (persistedQuery) => {
      const got = await post(server.url, { query, extensions: { persistedQuery } });
      expect([got.status, codeOf(got)]).toEqual([400, 'validation-failed']);
    },
  );
  test('a hash that does not fit its text is refused', async () => {
    const got = await post(server.url, { query: '{ hello } #', extensions });
    expect([got.status, codeOf(got)]).toEqual([400, 'validation-failed']);
  });
});

test('a path that is no file of the console is not there, however it is spelled', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foz-console-'));
  mkdirSync(join(folder, 'console'));
  writeFileSync(join(folder, 'secret.txt'), 'geheim');
  writeFileSync(join(folder, 'console/index.html'), '<p>console</p>');
  const own = await serve(engine, {}, { console: join(folder, 'console') });
  try {
    const statuses: Record<string, number> = {};
    for (const path of [
      '',
      '%zz',
      '%',
      'a%00b',
      '%2e%2e%2fsecret.txt',
      '..%5csecret.txt',
      '%2fetc%2fpasswd',
      'gone',
    ])
      statuses[path] = (await fetch(`${own.url}${path}`)).status;
    const { '': index, ...others } = statuses;
    expect([index, ...new Set(Object.values(others))]).toEqual([200, 404]);
  } finally {
    await own.close(100);
    rmSync(folder, { recursive: true });
  }
});

describe('headers', () => {
  test.each(['br', 'gzip'])('a large answer is compressed with %s', async (encoding) => {
    const got = await post(server.url, { query: '{ big(kb: 20) }' }, { 'accept-encoding': encoding });
    expect([got.headers.get('content-encoding'), JSON.parse(got.text).data.big.length]).toEqual([
      encoding,
      20 * 1024,
    ]);
  });
  test('a small one is not', async () => {
    expect(
      (await post(server.url, { query: '{ hello }' }, { 'accept-encoding': 'br' })).headers.get(
        'content-encoding',
      ),
    ).toBeNull();
  });
  test('a harmless request id is kept, another one replaced', async () => {
    expect(
      (await post(server.url, { query: '{ hello }' }, { 'x-request-id': 'abc-1' })).headers.get(
        'x-request-id',
      ),
    ).toBe('abc-1');
    expect(
      (await post(server.url, { query: '{ hello }' }, { 'x-request-id': 'a b' })).headers.get('x-request-id'),
    ).toMatch(/^[\da-f-]{36}$/);
  });
  test('CORS: the allowed origin, and no other', async () => {
    const from = (origin: string) => post(server.url, { query: '{ hello }' }, { origin });
    expect((await from('https://app.example.org')).headers.get('access-control-allow-origin')).toBe(
      'https://app.example.org',
    );
    expect((await from('https://evil.example.org')).headers.get('access-control-allow-origin')).toBeNull();
  });
  test('CORS preflight', async () => {
    const response = await fetch(`${server.url}graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example.org',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    expect([response.status, response.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, POST',
    ]);
  });
});

describe('the rest', () => {
  test.each([
    ['healthz', 200, 'ok'],
    ['readyz', 200, 'shop'],
    ['metrics', 200, 'foz_requests_total'],
    ['samples.json', 200, 'one'],
  ])('/%s', async (path, status, text) => {
    const response = await fetch(`${server.url}${path}`);
    expect([response.status, (await response.text()).includes(text)]).toEqual([status, true]);
  });
  test('not ready while no source is', async () => {
    const down = await serve(
      new MemoryEngine(),
      {},
      { readiness: () => [{ name: 'shop', ready: false, reason: 'unavailable' }] },
    );
    expect((await fetch(`${down.url}readyz`)).status).toBe(503);
    await down.close(100);
  });
  test('not ready until the store was read, whatever the sources are', async () => {
    let reason: string | null = 'not read yet: settings';
    const storeReadiness = () => ({ ready: reason === null, reason });
    const starting = await serve(new MemoryEngine(), {}, { storeReadiness });
    const asked = async () => {
      const response = await fetch(`${starting.url}readyz`);
      return [response.status, await response.json()];
    };
    const sources = [{ name: 'shop', ready: true, reason: null }];
    expect(await asked()).toEqual([503, { status: 'not ready', store: { ready: false, reason }, sources }]);
    reason = null;
    expect(await asked()).toEqual([200, { status: 'ready', store: { ready: true, reason }, sources }]);
    await starting.close(100);
  });
  test('batches where they are allowed, up to their limit', async () => {
    const batching = await serve(new MemoryEngine(), { batch: 2 });
    const one = { query: '{ hello }' };
    expect((await post(batching.url, [one, one])).text).toBe(
      '[{"data":{"hello":"hello world"}},{"data":{"hello":"hello world"}}]',
    );
    expect((await post(batching.url, [one, one, one])).status).toBe(400);
    await batching.close(100);
  });
  test('another graph is swapped in without losing a request', async () => {
    const swapping = new MemoryEngine();
    const own = await serve(swapping);
    const results = Array.from({ length: 40 }, async (_, index) => {
      if (index === 20) swapping.swap();
      return (await post(own.url, { query: '{ hello }' })).text;
    });
    expect(new Set(await Promise.all(results))).toEqual(new Set(['{"data":{"hello":"hello world"}}']));
    expect((await post(own.url, { query: '{ fresh }' })).text).toBe('{"data":{"fresh":true}}');
    await own.close(100);
  });
  test('shutting down finishes what runs', async () => {
    const closing = await serve(new MemoryEngine());
    const running = post(closing.url, { query: '{ slow(ms: 300) }' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closed = closing.close(5000);
    expect((await running).text).toBe('{"data":{"slow":"done"}}');
    await closed;
    await expect(post(closing.url, { query: '{ hello }' })).rejects.toThrow();
  });
});
