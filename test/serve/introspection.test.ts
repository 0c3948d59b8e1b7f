import { type IncomingMessage, request } from 'node:http';
import { type ExecutionResult, execute, getIntrospectionQuery, parse } from 'graphql';
import type { Engine, FozServer, Operation } from '../../src/serve/index.ts';
import { engineOf, largeGraph } from '../execute/introspection/large.ts';
import { post, serve } from './engine.ts';

const schema = largeGraph();
const query = getIntrospectionQuery();
const expected = JSON.stringify(execute({ schema: largeGraph(), document: parse(query) }) as ExecutionResult);
const inner = engineOf(schema);
const own = (operation: Operation) => ({ ...operation, session: operation.session.variables });
const engine: Engine = {
  view: () => 'all',
  graph: () => schema,
  cached: (operation) => inner.cached(own(operation)),
  execute: (operation, document) => inner.execute({ ...own(operation), document }),
};

let server: FozServer;
beforeAll(async () => {
  server = await serve(engine, { batch: 2 });
});
afterAll(() => server.close());

// The first request writes the answer, the second one takes it from the cache.
test.each(['gzip, br', 'gzip', 'identity', 'br', 'gzip;q=0'])('a large graph, to %s', async (encoding) => {
  const { text, headers, status } = await post(server.url, { query }, { 'accept-encoding': encoding });
  expect([status, headers.get('content-encoding'), headers.get('vary')]).toEqual([
    200,
    /gzip(?!;q=0)/.test(encoding) ? 'gzip' : null,
    expect.stringContaining('accept-encoding'),
  ]);
  expect(text === expected).toBe(true);
});

/** POSTs the query without an Accept-Encoding header. */
const ask = (): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asking = request(`${server.url}graphql`, { method: 'POST', headers, agent: false }, resolve);
    asking.on('error', reject);
    asking.end(JSON.stringify({ query }));
  });

test('to a client that does not say what it takes, as it is and with its length', async () => {
  const response = await ask();
  let length = 0;
  for await (const piece of response) length += (piece as Buffer).length;
  expect([length, response.headers['content-length']]).toEqual([
    Buffer.byteLength(expected),
    String(Buffer.byteLength(expected)),
  ]);
});

test('in a batch', async () => {
  const { text } = await post(server.url, [{ query: '{ __typename }' }, { query }]);
  expect(text === `[{"data":{"__typename":"query_root"}},${expected}]`).toBe(true);
});

test('a client that leaves in the middle leaves the server whole', async () => {
  const response = await ask();
  response.destroy();
  await new Promise((resolve) => response.once('close', resolve));
  expect(response.complete).toBe(false);
  expect((await post(server.url, { query: '{ __typename }' })).status).toBe(200);
});
