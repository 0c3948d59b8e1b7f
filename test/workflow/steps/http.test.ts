import { createHash, createHmac } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { AuthorizedClient, HttpClient, type HttpCredential } from '../../../src/outbound/index.ts';
import { checkWorkflow } from '../../../src/workflow/index.ts';
import { closeReceivers, rawReceiver, receiver } from '../../outbound/receivers.ts';
import { closeExpressions, type InMemoryOptions, runInMemory } from '../in-memory.ts';

const client = new HttpClient({ author: 'anyone', config: { allow: ['127.0.0.1'] } });
let credentials: Readonly<Record<string, HttpCredential>> = {};
const http = new AuthorizedClient({
  http: client,
  tokens: client,
  credential: async (name) => credentials[name] ?? null,
});
afterEach(closeReceivers);
afterAll(async () => {
  await client.close();
  await closeExpressions();
});

/** Does a run of one http step. */
async function sent(step: object, more: InMemoryOptions = {}) {
  const { outcome, records } = await runInMemory([{ id: 'h', kind: 'http', ...step }], {
    services: { http },
    ...more,
  });
  return {
    output: outcome.kind === 'done' ? JSON.parse(outcome.output!) : undefined,
    error: outcome.kind === 'failed' ? JSON.parse(outcome.error) : undefined,
    records,
    recorded: JSON.stringify(records),
  };
}
/** A server that answers with a value as JSON. */
const jsonServer = async (value: unknown, status = 200) => {
  const server = await receiver((_request, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      .end(JSON.stringify(value)),
  );
  return { ...server, url: `http://127.0.0.1:${server.port}`, requests: server.requests };
};
const serving = async (answer: RequestListener) => {
  const server = await receiver(answer);
  return { ...server, url: `http://127.0.0.1:${server.port}`, requests: server.requests };
};

describe('the request', () => {
  test('has its URL, query, headers and body from expressions, and an idempotency key', async () => {
    const server = await jsonServer({ ok: true });
    const step = {
      url: `${server.url}/orders/{id}`,
      params: { id: '{% input.id %}' },
      query: { q: '{% input.tags %}', none: null, deep: { a: 1 } },
      headers: { 'X-Trace': '{% run.id %}' },
      body: { json: { total: '{% input.total %}' } },
    };
    const input = { id: 'a/../b?c', tags: ['x y', 'z&'], total: 7 };
    const { output } = await sent(step, { input });
    expect(output).toMatchObject({ status: 200, body: { ok: true } });
    const [request] = server.requests;
    expect(request).toMatchObject({
      method: 'POST',
      url: '/orders/a%2F..%2Fb%3Fc?q=x+y&q=z%26&deep=%7B%22a%22%3A1%7D',
      body: '{"total":7}',
      headers: { 'x-trace': 'r', 'content-type': 'application/json' },
    });
    const key = request!.headers['idempotency-key'];
    expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await sent(step, { input });
    expect(server.requests[1]!.headers['idempotency-key']).toBe(key);
    await sent(
      { ...step, idempotencyKey: '{% "order " & input.id %}', idempotencyHeader: 'X-Once' },
      { input },
    );
    expect(server.requests[2]!.headers).toMatchObject({ 'x-once': 'order a/../b?c' });
    expect(server.requests[2]!.headers).not.toHaveProperty('idempotency-key');
    await sent({ url: server.url });
    expect(server.requests[3]!.headers).not.toHaveProperty('idempotency-key');
  });

  test.each(['..', '.', '', null])('the value %p of a segment of the path is refused', async (id) => {
    const server = await jsonServer({});
    const { error } = await sent({ url: `${server.url}/orders/{id}/x`, params: { id } });
    expect(error).toMatchObject({ code: 'data-exception', step: 'h' });
    expect(server.requests).toEqual([]);
  });

  test('sends forms, files and raw bodies', async () => {
    const server = await jsonServer(null);
    await sent({ url: server.url, body: { form: { a: 'x y', b: [1, 2], c: null } } });
    await sent({ url: server.url, body: { raw: { type: 'application/xml', text: '<a>é</a>' } } });
    await sent({ url: server.url, body: { raw: { type: 'image/png', base64: 'iVBORw==' } } });
    const parts = [
      { name: 'note', value: 'hello' },
      { name: 'file', filename: 'a"b.txt', type: 'text/plain', base64: 'aGk=' },
    ];
    await sent({ url: server.url, body: { multipart: parts } });
    const [form, xml, png, multipart] = server.requests;
    expect([form!.headers['content-type'], form!.body]).toEqual([
      'application/x-www-form-urlencoded',
      'a=x+y&b=1&b=2',
    ]);
    expect([xml!.headers['content-type'], xml!.body]).toEqual(['application/xml', '<a>é</a>']);
    expect([png!.headers['content-type'], png!.headers['content-length']]).toEqual(['image/png', '4']);
    const read = await new Response(multipart!.body, {
      headers: { 'content-type': multipart!.headers['content-type']! },
    }).formData();
    expect(read.get('note')).toBe('hello');
    const file = read.get('file') as File;
    expect([file.name, file.type, await file.text()]).toEqual(['a"b.txt', 'text/plain', 'hi']);
  });

  test.each([
    [{}, '/steps/0 needs a url, or a credential that is one.'],
    [{ url: 'x', method: 'TRACE' }, '/steps/0/method must be one of GET'],
    [{ url: 'x', body: { json: 1, form: {} } }, '/steps/0/body must NOT have more than 1 properties'],
    [{ url: 'x', body: {} }, '/steps/0/body must NOT have fewer than 1 properties'],
    [{ url: 'x', body: { raw: { type: 'a/b' } } }, '/steps/0/body/raw must NOT have fewer than 2'],
    [{ url: 'x', success: ['abc'] }, '/steps/0/success/0'],
    [{ url: 'x', haeders: {} }, 'has no setting "haeders"'],
    [{ url: '{% ( %}' }, '/steps/0/url is no JSONata expression'],
    [{ url: 'x', result: '{% ( %}' }, '/steps/0/result is no JSONata expression'],
    [{ url: 'x', method: 'POST', pages: { next: null, most: 3 } }, '/steps/0 has pages'],
    [{ url: 'x', retry: { attempts: 0 } }, '/steps/0/retry/attempts'],
  ])('the definition %j is refused with its place', (step, message) => {
    expect(() => checkWorkflow({ name: 'w', steps: [{ id: 'h', kind: 'http', ...step }] })).toThrow(message);
  });

  test('cannot carry a second header or request', async () => {
    const server = await jsonServer({});
    for (const headers of [
      { 'x-a': 'b\r\nx-c: d' },
      { 'content-length': '3' },
      { 'a b': 'c' },
      { host: 'x' },
    ])
      expect((await sent({ url: server.url, headers })).error).toMatchObject({ code: 'data-exception' });
    expect(server.requests).toEqual([]);
  });

  test('does not go where the guard lets nobody', async () => {
    for (const url of ['http://169.254.169.254/latest', 'http://[::1]:1/', 'http://10.0.0.1/'])
      expect((await sent({ url, retry: { attempts: 3, firstMs: 1 } })).error).toMatchObject({
        code: 'access-denied',
      });
    expect((await sent({ url: 'file:///etc/passwd' })).error).toMatchObject({ code: 'data-exception' });
    expect((await sent({ url: 'relative' })).error).toMatchObject({ code: 'data-exception' });
  });
});

describe('the answer', () => {
  test('keeps the digits of numbers', async () => {
    const server = await serving((_request, response) =>
      response
        .setHeader('content-type', 'application/problem+json')
        .end('{"id":12345678901234567890,"n":1.5}'),
    );
    const { output } = await sent({ url: server.url, result: '{% response.body %}' });
    expect(output).toEqual({ id: '12345678901234567890', n: 1.5 });
  });

  test('is mapped, and read as text or bytes where asked', async () => {
    const server = await serving((request, response) => {
      if (request.url === '/latin') response.setHeader('content-type', 'text/plain; charset=latin1');
      response.end(request.url === '/latin' ? Buffer.from([0xe9]) : Buffer.from([0, 255, 1]));
    });
    const result = '{% {"code": response.status, "body": response.body} %}';
    expect((await sent({ url: `${server.url}/latin`, result })).output).toEqual({ code: 200, body: 'é' });
    expect((await sent({ url: server.url, read: 'base64', result })).output).toEqual({
      code: 200,
      body: 'AP8B',
    });
    expect((await sent({ url: server.url, read: 'json' })).error).toMatchObject({ code: 'data-exception' });
  });

  test('a status counts as a success where it is listed', async () => {
    const server = await jsonServer({ reason: 'gone' }, 404);
    const { error } = await sent({ url: server.url });
    expect(error).toMatchObject({
      code: 'http-404',
      message: `http://127.0.0.1:${server.port} answered with status 404.`,
      details: { status: 404, body: '{"reason":"gone"}' },
    });
    expect((await sent({ url: server.url, success: ['2xx', 404] })).output).toMatchObject({ status: 404 });
    expect((await sent({ url: server.url, success: ['4xx'] })).output).toMatchObject({
      body: { reason: 'gone' },
    });
  });

  test('is bounded in bytes and time', async () => {
    const server = await serving((request, response) => {
      if (request.url === '/slow') response.write('a');
      else response.end('x'.repeat(2_000));
    });
    expect((await sent({ url: server.url, maxBytes: 1_000 })).error).toMatchObject({
      code: 'limit-exceeded',
    });
    expect((await sent({ url: `${server.url}/slow`, timeoutMs: 100 })).error).toMatchObject({
      code: 'timeout',
    });
  });

  test('a redirect is followed only where asked', async () => {
    const target = await jsonServer({ at: 'end' });
    const server = await serving((_request, response) =>
      response.writeHead(307, { location: target.url }).end(),
    );
    expect((await sent({ url: server.url })).error).toMatchObject({ code: 'http-307' });
    expect((await sent({ url: server.url, redirects: 1 })).output).toMatchObject({ body: { at: 'end' } });
  });

  test('has pages, until there is no next one, at most as many as asked', async () => {
    const server = await serving((request, response) => {
      const page = Number(new URL(request.url!, 'http://a').searchParams.get('page') ?? 1);
      response.setHeader('content-type', 'application/json');
      if (page < 4)
        response.setHeader('link', `</items?page=${page + 1}>; rel="next", </items>; rel="first"`);
      response.end(JSON.stringify([page]));
    });
    const step = { url: `${server.url}/items`, result: '{% response.body[0] %}' };
    const pages = { next: '{% response.links.next %}', most: 10 };
    expect((await sent({ ...step, pages })).output).toEqual([1, 2, 3, 4]);
    expect((await sent({ ...step, pages: { ...pages, most: 2 } })).output).toEqual([1, 2]);
    const away = { next: 'http://127.0.0.1:1/', most: 2 };
    expect((await sent({ ...step, pages: away })).error).toMatchObject({ code: 'access-denied' });
  });
});

describe('attempts', () => {
  const statuses = (list: readonly number[], headers: Record<string, string> = {}) => {
    let count = 0;
    return serving((_request, response) => response.writeHead(list[count++] ?? 200, headers).end());
  };
  const retry = { attempts: 3, firstMs: 1 };

  test('statuses that may pass are tried again under the same key, others are not', async () => {
    const passing = await statuses([503, 429]);
    expect((await sent({ url: passing.url, method: 'POST', retry })).output).toMatchObject({ status: 200 });
    expect(new Set(passing.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    const lasting = await statuses([400]);
    expect((await sent({ url: lasting.url, retry })).error).toMatchObject({ code: 'http-400' });
    expect(lasting.requests).toHaveLength(1);
    const chosen = await statuses([404, 409]);
    const codes = ['http-404', 'http-4xx'];
    expect((await sent({ url: chosen.url, retry: { ...retry, codes } })).output).toMatchObject({
      status: 200,
    });
    const other = await statuses([503]);
    expect((await sent({ url: other.url, retry: { ...retry, codes } })).error).toMatchObject({
      code: 'http-503',
    });
  });

  test('a server says how long to wait', async () => {
    const server = await statuses([503], { 'retry-after': '3600' });
    const { records } = await sent({ url: server.url, retry });
    expect(records[0]).toMatchObject({ state: 'waiting', attempts: 1 });
    expect(records[0]!.resumeMs).toBeGreaterThan(3_500_000);
  });

  test('a connection that breaks off is tried again', async () => {
    let count = 0;
    const port = await rawReceiver((socket) => {
      socket.on('data', () => {
        if (count++ === 0) socket.destroy();
        else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      });
    });
    expect((await sent({ url: `http://127.0.0.1:${port}/`, retry })).output).toMatchObject({ body: 'ok' });
  });
});

describe('credentials', () => {
  /** Answers with what it was sent. */
  const echo = () =>
    serving((request, response) => {
      response.setHeader('x-echo', String(request.headers.authorization ?? request.headers['x-key'] ?? ''));
      response.setHeader('set-cookie', 'session=s3cret');
      response.end(JSON.stringify({ url: request.url, ...request.headers }));
    });

  test.each<[string, HttpCredential, Record<string, string>]>([
    [
      'basic',
      { type: 'basic', username: 'ann', password: 'p4ssword' },
      { authorization: 'Basic YW5uOnA0c3N3b3Jk' },
    ],
    ['bearer', { type: 'bearer', token: 'tok3n-tok3n' }, { authorization: 'Bearer tok3n-tok3n' }],
    ['api-key', { type: 'api-key', in: 'header', name: 'X-Key', value: 'k3y-k3y' }, { 'x-key': 'k3y-k3y' }],
  ])('%s is sent, and found in no record', async (_, credential, headers) => {
    credentials = { mine: credential };
    const server = await echo();
    const { output, recorded } = await sent({
      url: server.url,
      credential: 'mine',
      headers: { authorization: 'x' },
    });
    expect(server.requests[0]!.headers).toMatchObject(headers);
    expect(output.headers).toMatchObject({ 'set-cookie': '***' });
    for (const secret of ['p4ssword', 'YW5uOnA0c3N3b3Jk', 'tok3n-tok3n', 'k3y-k3y', 's3cret'])
      expect(recorded).not.toContain(secret);
    expect(recorded).toContain('***');
  });

  test('a key in the query, and a URL that is a secret', async () => {
    const server = await echo();
    credentials = {
      key: { type: 'api-key', in: 'query', name: 'key', value: 'k&y/k&y' },
      chat: { type: 'url', url: `${server.url}/services/T0/s3cr3t-path` },
    };
    const { recorded } = await sent({ url: `${server.url}/a?b=c`, credential: 'key' });
    expect(server.requests[0]!.url).toBe('/a?b=c&key=k%26y%2Fk%26y');
    expect(recorded).not.toContain('k%26y');
    const chat = await sent({ credential: 'chat', body: { json: { text: 'hi' } } });
    expect(server.requests[1]).toMatchObject({ method: 'POST', url: '/services/T0/s3cr3t-path' });
    expect(chat.recorded).not.toContain('s3cr3t-path');
    expect((await sent({ url: server.url, credential: 'chat' })).error).toMatchObject({
      code: 'data-exception',
    });
  });

  test('refused answers and failures do not repeat it either', async () => {
    credentials = { mine: { type: 'bearer', token: 'tok3n-tok3n' } };
    const server = await serving((request, response) =>
      response
        .writeHead(500, { 'x-a': request.headers.authorization! })
        .end(`no ${request.headers.authorization}`),
    );
    const { error, recorded } = await sent({ url: server.url, credential: 'mine' });
    expect(error).toMatchObject({ details: { body: 'no Bearer ***', headers: { 'x-a': 'Bearer ***' } } });
    expect(recorded).not.toContain('tok3n');
  });

  test('it goes only to its hosts, and not along with a redirect', async () => {
    const other = await echo();
    const server = await serving((_request, response) =>
      response.writeHead(302, { location: other.url }).end(),
    );
    credentials = { mine: { type: 'bearer', token: 'tok3n', hosts: [`127.0.0.1:${server.port}`] } };
    const far = await sent({ url: other.url, credential: 'mine' });
    expect(far.error).toMatchObject({ code: 'access-denied' });
    expect(other.requests).toEqual([]);
    await sent({ url: server.url, credential: 'mine', redirects: 1 });
    expect(server.requests[0]!.headers.authorization).toBe('Bearer tok3n');
    expect(other.requests[0]!.headers.authorization).toBeUndefined();
    expect((await sent({ url: server.url, credential: 'nobody' })).error.message).toContain(
      'There is no credential',
    );
  });

  describe('OAuth 2', () => {
    let tokens: number;
    let expires: number | undefined;
    let refused: Set<string>;
    let status: number;
    const both = async (more: Partial<Extract<HttpCredential, { type: 'oauth2' }>> = {}) => {
      [tokens, expires, refused, status] = [0, 3_600, new Set(), 200];
      const server = await serving((request, response) => {
        if (request.url !== '/token') {
          response.writeHead(refused.has(request.headers.authorization ?? '') ? 401 : 200).end();
          return;
        }
        response.writeHead(status, { 'content-type': 'application/json' });
        const answer = { access_token: `token-${++tokens}`, token_type: 'bearer', expires_in: expires };
        response.end(
          JSON.stringify(
            status === 200 ? { ...answer, refresh_token: `refresh-${tokens}` } : { error: 'invalid_client' },
          ),
        );
      });
      credentials = {
        api: {
          ...{ type: 'oauth2', tokenUrl: `${server.url}/token`, clientId: 'me:too', clientSecret: 's3 cret' },
          ...{ scope: 'read write', ...more },
        },
      };
      const call = () => sent({ url: server.url, credential: 'api' });
      const asked = () => server.requests.filter(({ url }) => url === '/token');
      const used = () =>
        server.requests.filter(({ url }) => url === '/').map(({ headers }) => headers.authorization);
      return { call, asked, used };
    };

    test('one token serves many steps, also those that begin together', async () => {
      const { call, asked, used } = await both();
      const together = await Promise.all([call(), call(), call()]);
      expect((await call()).output).toMatchObject({ status: 200 });
      expect(used()).toEqual(Array(4).fill('Bearer token-1'));
      expect(asked()).toHaveLength(1);
      expect(asked()[0]).toMatchObject({
        method: 'POST',
        body: 'grant_type=client_credentials&scope=read+write',
        headers: { authorization: `Basic ${Buffer.from('me%3Atoo:s3+cret').toString('base64')}` },
      });
      expect(together.map(({ recorded }) => recorded).join()).not.toContain('token-1');
    });

    test('a token that expires or is refused is replaced', async () => {
      const { call, used } = await both({ clientAuthentication: 'body' });
      expires = 0.2;
      await call();
      await new Promise((resolve) => setTimeout(resolve, 120));
      expires = 3_600;
      await call();
      refused.add('Bearer token-2');
      expect((await call()).output).toMatchObject({ status: 200 });
      expect(used()).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2', 'Bearer token-3']);
      refused.add('Bearer token-3').add('Bearer token-4');
      expect((await call()).error).toMatchObject({ code: 'http-401' });
      expect(used()).toHaveLength(6);
    });

    test('a refresh token is replaced by the one that comes with an access token', async () => {
      const { call, asked } = await both({ refreshToken: 'refresh-0' });
      expires = 0.1;
      await call();
      await new Promise((resolve) => setTimeout(resolve, 80));
      await call();
      expect(asked().map(({ body }) => new URLSearchParams(body).get('refresh_token'))).toEqual([
        'refresh-0',
        'refresh-1',
      ]);
    });

    test('a refused client fails the step without its secret', async () => {
      const { call } = await both();
      status = 401;
      const { error, recorded } = await call();
      expect(error).toMatchObject({ code: 'access-denied' });
      expect(error.message).toContain('(status 401, invalid_client)');
      expect(recorded).not.toContain('s3 cret');
      status = 503;
      expect((await call()).error).toMatchObject({ code: 'unavailable' });
    });
  });

  test('AWS: the receiver computes the same signature', async () => {
    const secretAccessKey = Buffer.alloc(30, 'a/+b').toString('base64');
    const server = await serving((_request, response) => response.end());
    for (const service of ['execute-api', 's3']) {
      credentials = {
        aws: {
          type: 'aws',
          accessKeyId: 'AKID',
          secretAccessKey,
          region: 'eu-west-1',
          service,
          sessionToken: 'sess1on',
        },
      };
      const step = { url: `${server.url}/a%20b/c`, query: { z: 'ä', a: '1/2' }, body: { json: { x: 1 } } };
      const { recorded } = await sent({ ...step, headers: { 'x-own': 'v' }, credential: 'aws' });
      const { headers, url, body } = server.requests.at(-1)!;
      const [, signed, signature] = /SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
        headers.authorization!,
      )!;
      const hash = (text: string) => createHash('sha256').update(text).digest('hex');
      const { pathname } = new URL(url, server.url);
      const canonical = [
        'POST',
        service === 's3' ? pathname : encodeURIComponent(pathname).replaceAll('%2F', '/'),
        'a=1%2F2&z=%C3%A4',
        ...signed!.split(';').map((name) => `${name}:${headers[name]}`),
        '',
        signed!,
        hash(body),
      ].join('\n');
      const date = headers['x-amz-date'] as string;
      const scope = `${date.slice(0, 8)}/eu-west-1/${service}/aws4_request`;
      const mac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();
      const key = scope
        .split('/')
        .reduce<Buffer | string>((left, part) => mac(left, part), `AWS4${secretAccessKey}`);
      const wanted = mac(key, ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n')).toString('hex');
      expect(signature).toBe(wanted);
      expect(signed).toContain('host;');
      expect(recorded).not.toContain('sess1on');
    }
  });
});

test('a server without HTTP for steps says so', async () => {
  expect((await sent({ url: 'http://a/' }, { services: {} })).error).toMatchObject({ code: 'not-supported' });
});
