import { pino } from 'pino';
import { FozError } from '../../src/core/index.ts';
import { MemoryEngine, post, serve } from './engine.ts';
import { open } from './socket/client.ts';

test('why nobody can be told who is asking stands in the log, not in the answer', async () => {
  const lines: object[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as object);
  const fail = () => {
    throw new FozError('unavailable', 'Try again shortly.', { internal: 'the other end hung up' });
  };
  const server = await serve(
    new MemoryEngine(),
    {},
    { identify: fail, identifySocket: fail, logger: pino({ level: 'warn' }, { write }) },
  );
  try {
    const { status, text } = await post(server.url, { query: '{ a }' });
    expect(status).toBe(503);
    expect(text).not.toContain('hung up');
    const fields = { code: 'unavailable', reason: 'the other end hung up', msg: 'Try again shortly.' };
    expect(lines).toEqual([expect.objectContaining(fields)]);
    const client = await open(server.url);
    client.send({ type: 'connection_init' });
    await client.end();
    expect(lines).toEqual([expect.objectContaining(fields), expect.objectContaining(fields)]);
  } finally {
    await server.close(0);
  }
});
