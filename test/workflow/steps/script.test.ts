import { AuthorizedClient, HttpClient } from '../../../src/outbound/index.ts';
import { checkWorkflow, type GraphqlRequest, Scripts } from '../../../src/workflow/index.ts';
import { closeReceivers, receiver } from '../../outbound/receivers.ts';
import { closeExpressions, type InMemoryOptions, runInMemory } from '../in-memory.ts';

const client = new HttpClient({ author: 'anyone', config: { allow: ['127.0.0.1'] } });
const http = new AuthorizedClient({ http: client, tokens: client, credential: async () => null });
const scripts = new Scripts();
afterEach(closeReceivers);
afterAll(async () => {
  await scripts.close();
  await client.close();
  await closeExpressions();
});

async function done(step: string | object, { services, ...more }: InMemoryOptions = {}) {
  const settings = typeof step === 'string' ? { code: step } : step;
  const steps = [{ id: 's', kind: 'script', ...settings }];
  const { outcome, records } = await runInMemory(steps, {
    ...more,
    definition: checkWorkflow({ name: 'w', role: 'clerk', steps }),
    services: { scripts, http, ...services },
  });
  return {
    output: outcome.kind === 'done' ? JSON.parse(outcome.output!) : undefined,
    error: outcome.kind === 'failed' ? JSON.parse(outcome.error) : undefined,
    records,
  };
}
const outputOf = async (step: string | object, more?: InMemoryOptions) => {
  const { output, error } = await done(step, more);
  expect(error).toBeUndefined();
  return output;
};
const errorOf = async (step: string | object, more?: InMemoryOptions) => (await done(step, more)).error;

describe('what a script can do', () => {
  test('its output comes from its input, and digits stay', async () => {
    const step = {
      input: '{% input %}',
      code: `
        const { lines } = input;
        const total = lines.reduce((sum, { price, number }) => sum + price * number, 0);
        return { total, id: input.id, big: BigInt(input.id) + 1n, none: undefined, date: new Date(0), map: [undefined, NaN] };`,
    };
    const lines = [
      { price: 2, number: 3 },
      { price: 5, number: 1 },
    ];
    expect(await outputOf(step, { input: { id: '12345678901234567890', lines } })).toEqual({
      ...{ total: 11, id: '12345678901234567890', big: '12345678901234567891' },
      ...{ date: '1970-01-01T00:00:00.000Z', map: [null, null] },
    });
    expect(await outputOf(';')).toBeNull();
    expect(await outputOf('return await Promise.all([1, 2].map(async (n) => n + 1))')).toEqual([2, 3]);
  });

  test('foz.graphql runs operations as the role of the workflow', async () => {
    const asked: GraphqlRequest[] = [];
    const graphql = async (request: GraphqlRequest) => {
      asked.push(request);
      if (request.document.includes('fails'))
        return { errors: [{ message: 'No such row.', extensions: { code: 'not-found' } }] };
      return { data: { orders: [{ id: request.variables.id }] } };
    };
    const code = `
      const [one, two] = await Promise.all([7, 8].map((id) =>
        foz.graphql({ document: 'query ($id: Int!) { orders { id } }', variables: { id } })));
      let caught;
      try { await foz.graphql({ document: '{ fails }' }); } catch (error) { caught = [error.code, error.message]; }
      return [one, two, caught];`;
    expect(await outputOf(code, { services: { graphql } })).toEqual([
      { orders: [{ id: 7 }] },
      { orders: [{ id: 8 }] },
      ['not-found', 'No such row.'],
    ]);
    expect(asked[0]).toMatchObject({ role: 'clerk', caller: { workflow: 'w', run: 'r', path: 's' } });
    expect(
      await errorOf('return foz.graphql({ document: "{ fails }" })', { services: { graphql } }),
    ).toMatchObject({
      ...{ code: 'not-found', step: 's', message: expect.stringContaining('No such row.') },
    });
    for (const request of [
      '{ document: "{ a }", role: "admin" }',
      '{ document: "subscription { a }" }',
      'null',
      '{}',
    ])
      expect(await errorOf(`return foz.graphql(${request})`, { services: { graphql } })).toMatchObject({
        code: 'data-exception',
      });
    expect(asked).toHaveLength(4);
  });

  test('foz.http sends requests as a step does, under keys that stay', async () => {
    const server = await receiver((request, response) => {
      response.writeHead(request.url === '/no' ? 503 : 200, { 'content-type': 'application/json' });
      response.end('{"n":1.50,"id":12345678901234567890}');
    });
    const url = `http://127.0.0.1:${server.port}`;
    const code = `
      const answer = await foz.http({ url: input + '/{id}', params: { id: 'a/b' }, method: 'POST', body: { json: { x: 1 } } });
      let code;
      try { await foz.http({ url: input + '/no', method: 'POST' }); } catch (error) { code = error.code; }
      return [answer.status, answer.body, code];`;
    const wanted = [200, { n: 1.5, id: '12345678901234567890' }, 'http-503'];
    expect(await outputOf({ code, input: '{% input %}' }, { input: url })).toEqual(wanted);
    expect(await outputOf({ code, input: '{% input %}' }, { input: url })).toEqual(wanted);
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}\/0$/);
    expect(keys[1]).toMatch(/^[0-9a-f-]{36}\/1$/);
    expect(keys.slice(2)).toEqual(keys.slice(0, 2));
    expect(server.requests[0]).toMatchObject({ url: '/a%2Fb', body: '{"x":1}' });
    const again = {
      code: 'await foz.http({ url: input + "/no" })',
      input: '{% input %}',
      retry: { attempts: 2, firstMs: 1 },
    };
    const { error, records } = await done(again, { input: url });
    expect(error).toMatchObject({ code: 'http-503' });
    expect(records[0]).toMatchObject({ attempts: 2 });
  });

  test('foz.http goes where the guard lets steps go', async () => {
    for (const url of ['http://169.254.169.254/latest', 'http://[::1]:1/', 'http://10.0.0.1/'])
      expect(await errorOf(`return foz.http({ url: ${JSON.stringify(url)} })`)).toMatchObject({
        code: 'access-denied',
      });
    expect(await errorOf('return foz.http({ url: "http://127.0.0.1:1", redirects: 99 })')).toMatchObject({
      code: 'data-exception',
    });
    expect(await errorOf('return foz.http({ url: "http://127.0.0.1:1", result: "{% $ %}" })')).toMatchObject({
      ...{ code: 'data-exception', message: expect.stringContaining('"result"') },
    });
  });

  test('a thrown error fails the step with its line, and with its code', async () => {
    expect(await errorOf('\nconst a = null;\nreturn a.b;')).toMatchObject({
      code: 'data-exception',
      message: expect.stringMatching(/^The script failed \(line 3\): TypeError: /),
    });
    const code = "throw Object.assign(new Error('Nothing left.'), { code: 'no-stock' })";
    expect(await errorOf(code)).toMatchObject({
      code: 'no-stock',
      message: 'The script failed (line 1): Nothing left.',
    });
    expect(await errorOf('throw 5')).toMatchObject({
      code: 'data-exception',
      message: 'The script failed: 5',
    });
    const handled = { code: 'throw 5', onError: [{ id: 'e', kind: 'transform', value: '{% error.code %}' }] };
    expect(await outputOf(handled)).toBe('data-exception');
  });

  test.each([
    [{ code: 'return (' }, '/steps/0/code is no JavaScript: Unexpected token'],
    [{ code: 'return 1;\nlet 1;' }, 'in its line 2'],
    [{ code: '' }, '/steps/0/code'],
    [{ code: '1', memoryMb: 1 }, '/steps/0/memoryMb'],
    [{ code: '1', computeMs: 1e9 }, '/steps/0/computeMs'],
  ])('the definition %j is refused with its place', (step, message) => {
    expect(() => checkWorkflow({ name: 'w', steps: [{ id: 's', kind: 'script', ...step }] })).toThrow(
      message,
    );
  });

  test('many scripts wait for each other, and end with their step', async () => {
    const outputs = await Promise.all(Array.from({ length: 20 }, (_, n) => outputOf(`return ${n}`)));
    expect(outputs).toEqual(Array.from({ length: 20 }, (_, n) => n));
    const server = await receiver(() => {});
    const code = `return foz.http({ url: 'http://127.0.0.1:${server.port}' })`;
    expect(await errorOf({ code, timeoutMs: 500 })).toMatchObject({ code: 'timeout' });
    expect(await outputOf('return 1')).toBe(1);
  });
});

describe('attacks', () => {
  /** Each ends as a failed step. */
  const bounded: [name: string, code: string, expected: object][] = [
    ['an endless loop', 'while (true);', { code: 'limit-exceeded' }],
    ['an endless loop behind a wait', 'await null; for (;;) {}', { code: 'limit-exceeded' }],
    ['an endless loop in a catch', 'for (;;) try { for (;;); } catch {}', { code: 'limit-exceeded' }],
    [
      'promises without end',
      'const f = async () => { for (;;) await null; }; await f()',
      { code: 'limit-exceeded' },
    ],
    [
      'promises that beget promises',
      'const f = () => Promise.resolve().then(f).then(f); f(); await new Promise(() => {})',
      { code: 'limit-exceeded' },
    ],
    [
      'a promise that nobody resolves',
      'await new Promise(() => {})',
      { code: 'data-exception', message: expect.stringContaining('never ends') },
    ],
    ['a thenable that never answers', 'return { then() {} }', { code: 'data-exception' }],
    ['a regular expression', 'return /^(a+)+$/.test("a".repeat(60) + "b")', { code: 'limit-exceeded' }],
    [
      'a native function over a huge array',
      'const a = []; a.length = 4294967295; return a.includes(1)',
      { code: 'limit-exceeded' },
    ],
    [
      'long texts',
      'let s = "x"; for (;;) s += s',
      { code: expect.stringMatching(/limit-exceeded|data-exception/) },
    ],
    [
      'long texts that are kept',
      'const a = []; for (;;) a.push("x".repeat(1e6) + a.length)',
      { code: 'limit-exceeded', message: expect.stringContaining('memory') },
    ],
    [
      'arrays',
      'const a = []; for (;;) a.push(new Array(1e6).fill(0))',
      { code: 'limit-exceeded', message: expect.stringContaining('memory') },
    ],
    [
      'buffers',
      'const a = []; for (;;) a.push(new Uint8Array(1e6))',
      { code: 'limit-exceeded', message: expect.stringContaining('memory') },
    ],
    [
      'memory without a way out',
      'const a = []; for (;;) try { a.push("x".repeat(1e5) + a.length) } catch {}',
      { code: 'limit-exceeded' },
    ],
    [
      'deep recursion',
      'const f = () => f() + 1; return f()',
      { code: 'data-exception', message: expect.stringContaining('stack overflow') },
    ],
    [
      'deep JSON',
      'let o = {}; for (let i = 0; i < 2e5; i++) o = { o }; return o',
      { code: expect.stringMatching(/limit-exceeded|data-exception/) },
    ],
    ['a cycle', 'const o = {}; o.o = o; return o', { code: 'data-exception' }],
    ['a huge output', 'return Array.from({ length: 50 }, () => "x".repeat(1e5))', { code: 'limit-exceeded' }],
    [
      'a huge request',
      'return foz.http({ url: "http://127.0.0.1:1", method: "POST", body: { raw: { type: "a/b", text: "x".repeat(5e6) } } })',
      { code: expect.stringMatching(/limit-exceeded|data-exception/) },
    ],
    ['a huge message', 'throw new Error("x".repeat(1e6))', { code: 'data-exception' }],
    [
      'requests without end',
      'for (;;) await foz.http({ url: "file:///" }).catch(() => {})',
      { code: 'limit-exceeded' },
    ],
    [
      'requests at once without end',
      'for (;;) void foz.http({ url: "file:///" })',
      { code: 'limit-exceeded' },
    ],
    [
      'a proxy that never answers',
      'return new Proxy({}, { ownKeys() { for (;;); } })',
      { code: 'limit-exceeded' },
    ],
    [
      'a proxy as its own target',
      'const p = new Proxy({}, { get: (t, k) => p[k] }); return p',
      { code: 'data-exception' },
    ],
    ['an error with getters', 'throw { get message() { for (;;); } }', { code: 'limit-exceeded' }],
    [
      'an error that lies about its text',
      'throw { toString() { throw 1 } , get name() { throw 2 } }',
      { code: 'data-exception' },
    ],
    [
      'a replaced JSON',
      'JSON.stringify = () => "no JSON"; JSON.parse = () => { throw 1 }; String = null; Promise = null; return BigInt(input)',
      { code: 'data-exception' },
    ],
    ['the end of the function', '}); while (true); (async () => {', { code: 'limit-exceeded' }],
    ['an import', 'return import("node:fs")', { code: 'data-exception' }],
  ];
  test.each(bounded)('%s', async (_, code, expected) => {
    // What ends by itself has time enough on a busy machine.
    const isEndless = 'code' in expected && expected.code === 'limit-exceeded' && !('message' in expected);
    expect(await errorOf({ code, computeMs: isEndless ? 300 : 30_000 })).toMatchObject(expected);
  });

  test.each<[string, string, unknown]>([
    [
      'constructors lead to its own world',
      'return foz.graphql.constructor("return typeof process + typeof require + typeof globalThis.foz")()',
      'undefinedundefinedundefined',
    ],
    [
      'as do those of errors',
      'try { await foz.http({}) } catch (e) { return e.constructor.constructor("return typeof process")() }',
      'undefined',
    ],
    [
      'and of input',
      'return input.constructor.constructor("return Object.getOwnPropertyNames(this).filter((n) => /process|require|WebAssembly|fetch|Worker|module|load|std|os/.test(n)).join()")()',
      '',
    ],
    [
      'there is no network and no module',
      'return [typeof fetch, typeof require, typeof XMLHttpRequest, typeof setTimeout, typeof WebAssembly].join()',
      'undefined,undefined,undefined,undefined,undefined',
    ],
    [
      'foz cannot be changed',
      '"use strict"; try { foz.graphql = 1; } catch (e) { return e.name }',
      'TypeError',
    ],
    [
      'a proxy is read like an object',
      'return new Proxy({ a: 1 }, { get: (t, k) => (k === "toJSON" ? undefined : 2) })',
      { a: 2 },
    ],
    ['functions and symbols are left out', 'return { f() {}, s: Symbol("x"), a: 1 }', { a: 1 }],
  ])('%s', async (_, code, output) => {
    expect(await outputOf({ code, input: { a: 1 } })).toEqual(output);
  });

  test('prototypes stay as they are, in the process and for the next script', async () => {
    const code = `
      Object.prototype.polluted = 1; Array.prototype.map = null; globalThis.kept = 1;
      return JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');`;
    const { output, error } = await done(code);
    expect(error).toBeUndefined();
    expect(Object.keys(output)).toEqual(['__proto__', 'constructor']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(await outputOf('return [typeof kept, typeof {}.polluted, typeof [].map]')).toEqual([
      'undefined',
      'undefined',
      'function',
    ]);
  });

  test('an attack ends alone', async () => {
    const endless = errorOf({ code: 'while (true);', computeMs: 1_000 });
    const others = await Promise.all(Array.from({ length: 5 }, (_, n) => outputOf(`return ${n}`)));
    expect(others).toEqual([0, 1, 2, 3, 4]);
    expect(await endless).toMatchObject({ code: 'limit-exceeded' });
  });
});

test('a server without scripts says so', async () => {
  const { error } = await done('return 1', { services: { scripts: undefined as never } });
  expect(error).toMatchObject({ code: 'not-supported' });
});
