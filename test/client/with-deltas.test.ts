import { withDeltas } from '../../client/index.ts';

test('an iterator ends its subscription where a difference is missing', async () => {
  let hasEnded = false;
  async function* responses() {
    try {
      yield { data: { value: 1 }, extensions: { delta: { revision: 1 } } };
      yield { extensions: { delta: { revision: 3, patch: [] } } };
    } finally {
      hasEnded = true;
    }
  }
  const client = withDeltas({ subscribe: () => () => {}, iterate: (_: never) => responses() });
  const seen: unknown[] = [];
  const read = async () => {
    for await (const answer of client.iterate({ query: 'subscription { value }' } as never))
      seen.push(answer);
  };
  await expect(read()).rejects.toThrow('revision 2');
  expect(seen).toEqual([{ data: { value: 1 } }]);
  expect(hasEnded).toBe(true);
});
