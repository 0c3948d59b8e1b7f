import { pino } from 'pino';
import { MemoryEngine, post, serve } from './engine.ts';
import { open } from './socket/client.ts';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly requestId?: string;
  readonly operationName?: string;
  readonly err?: { readonly stack: string; readonly message: string };
}

test('what is told as unexpected stands in the log with its stack and the id of the request, and is counted', async () => {
  const lines: Line[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Line);
  const server = await serve(
    new MemoryEngine(),
    { batch: 2 },
    { logger: pino({ level: 'error' }, { write }) },
  );
  const counted = async () => {
    const text = await (await fetch(`${server.url}metrics`)).text();
    return Number(/^foz_unexpected_errors_total (\d+)$/m.exec(text)?.[1]);
  };
  try {
    const before = await counted();
    const broken = 'query Broken($secret: String) { broken hello(name: $secret) }';
    const variables = { secret: 'a value of a variable' };
    // The full path, the hot lane, a batch, a WebSocket.
    for (const id of ['full-1', 'hot-2']) {
      const { text } = await post(server.url, { query: broken, variables }, { 'x-request-id': id });
      expect(text).toContain('"code":"unexpected"');
    }
    await post(server.url, [{ query: broken }, { query: '{ hello }' }], { 'x-request-id': 'batch-3' });
    const client = await (await open(server.url)).init();
    await client.ask('one', broken, { variables });
    client.socket.close();
    const { text } = await post(
      server.url,
      { query: 'query Crash { hello }', operationName: 'Crash' },
      {
        'x-request-id': 'crash-5',
      },
    );
    expect(text).toContain('Something went wrong inside Foz; the log has the details.');
    expect(text).not.toContain('crashed inside');
    expect(lines.map(({ requestId, msg }) => [requestId, msg])).toEqual([
      ['full-1', 'unexpected error'],
      ['hot-2', 'unexpected error'],
      ['batch-3', 'unexpected error'],
      [expect.stringMatching(/\.1$/), 'unexpected error'],
      ['crash-5', 'unexpected error'],
    ]);
    for (const { err } of lines) expect(err?.stack).toMatch(/engine\.ts/);
    for (const line of lines.slice(0, 4)) expect(JSON.stringify(line)).toContain('the cause of it');
    expect(JSON.stringify(lines)).not.toContain('a value of a variable');
    expect(await counted()).toBe(before + 5);
  } finally {
    await server.close(0);
  }
});
