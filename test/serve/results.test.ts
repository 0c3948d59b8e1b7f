import { pino } from 'pino';
import { MemoryEngine, post, serve } from './engine.ts';

test('the log and the metrics tell operations that were refused from those that were answered', async () => {
  const results: (string | undefined)[] = [];
  const write = (line: string) => {
    const { msg, result } = JSON.parse(line) as { readonly msg: string; readonly result?: string };
    if (msg === 'graphql') results.push(result);
  };
  const server = await serve(
    new MemoryEngine(),
    { batch: 3 },
    { logger: pino({ level: 'info' }, { write }) },
  );
  const [good, absent, cut] = [{ query: '{ hello }' }, { query: '{ helo }' }, { query: '{ hello' }];
  // The status is 200 in one of the media types, and 400 in the other.
  const types = ['application/json', 'application/graphql-response+json'];
  try {
    const statuses: number[] = [];
    for (const accept of types)
      for (const body of [good, absent, cut, [good, absent], [good, good]])
        statuses.push((await post(server.url, body, { accept })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 400, 400, 200, 200]);
    const expected = ['ok', 'refused', 'refused', 'refused', 'ok'];
    expect(results).toEqual([...expected, ...expected]);
    const metrics = await (await fetch(`${server.url}metrics`)).text();
    expect(metrics).toMatch(/^foz_requests_total\{lane="full",result="refused"\} 6$/m);
  } finally {
    await server.close(0);
  }
});
