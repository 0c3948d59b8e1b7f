import { MemoryEngine, post, serve } from './engine.ts';

const set = (n: number, ms: number) => ({ query: `mutation { set(n: ${n}, ms: ${ms}) }` });
const value = { query: '{ value }' };

test('from the first mutation on, one operation of a batch runs after the other', async () => {
  const engine = new MemoryEngine();
  const server = await serve(engine, { batch: 10 });
  try {
    const batch = [value, set(1, 60), value, set(2, 1), { query: '{ fail }' }, set(3, 20), value];
    const { text } = await post(server.url, batch);
    expect(JSON.parse(text)).toEqual([
      { data: { value: 0 } },
      { data: { set: 1 } },
      { data: { value: 1 } },
      { data: { set: 2 } },
      expect.objectContaining({ errors: [expect.objectContaining({ message: 'The source is down.' })] }),
      { data: { set: 3 } },
      { data: { value: 3 } },
    ]);
    expect([engine.most, engine.sum]).toEqual([1, 3]);
  } finally {
    await server.close(0);
  }
});

test('an operation that is named by its hash may be a mutation: it runs in its turn', async () => {
  const engine = new MemoryEngine();
  const server = await serve(engine, { batch: 10 });
  try {
    const query = 'mutation Set($n: Int!, $ms: Int!) { set(n: $n, ms: $ms) }';
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(query)));
    const sha256Hash = Buffer.from(hash).toString('hex');
    const extensions = { persistedQuery: { version: 1, sha256Hash } };
    await post(server.url, { query, variables: { n: 0, ms: 0 }, extensions });
    const by = (n: number, ms: number) => ({ extensions, variables: { n, ms } });
    const { text } = await post(server.url, [by(1, 60), by(2, 1), value]);
    expect(JSON.parse(text)).toEqual([{ data: { set: 1 } }, { data: { set: 2 } }, { data: { value: 2 } }]);
  } finally {
    await server.close(0);
  }
});

test('reads before the first mutation run at once', async () => {
  const engine = new MemoryEngine();
  const server = await serve(engine, { batch: 10 });
  try {
    const slow = { query: '{ slow(ms: 50) }' };
    await post(server.url, [slow, slow, slow, set(1, 0), slow]);
    expect([engine.most, engine.sum]).toEqual([3, 1]);
  } finally {
    await server.close(0);
  }
});
