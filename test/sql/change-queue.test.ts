import { FozError, RequestEnd } from '../../src/core/index.ts';
import type { ChangeMessage } from '../../src/plan/index.ts';
import { ChangeQueue } from '../../src/sql/index.ts';

const commit = (position: string): ChangeMessage => ({ kind: 'commit', position });
const idle = (position: string): ChangeMessage => ({ kind: 'idle', position });
const lost = new FozError('unavailable', 'lost');
const megabyte = 1024 * 1024;

function queue() {
  const full: number[] = [];
  return { queue: new ChangeQueue(() => full.push(1)), full };
}

test('messages are taken together and in order', async () => {
  const { queue: waiting } = queue();
  waiting.add(commit('1'), 10);
  waiting.add(commit('2'), 10);
  expect(await waiting.take(new RequestEnd())).toEqual([commit('1'), commit('2')]);
  waiting.add(commit('3'), 10);
  expect(await waiting.take(new RequestEnd())).toEqual([commit('3')]);
});

test('a reader waits for the next message', async () => {
  const { queue: waiting } = queue();
  for (const position of ['1', '2']) {
    const taken = waiting.take(new RequestEnd());
    waiting.add(commit(position), 10);
    expect(await taken).toEqual([commit(position)]);
  }
});

test('a wait ends with its signal, and the next one gets what has come meanwhile', async () => {
  const { queue: waiting } = queue();
  const end = new RequestEnd();
  const taken = waiting.take(end);
  end.abort();
  await expect(taken).rejects.toMatchObject({ code: 'timeout' });
  waiting.add(commit('1'), 10);
  expect(await waiting.take(new RequestEnd())).toEqual([commit('1')]);
  await expect(waiting.take(end)).rejects.toMatchObject({ code: 'timeout' });
});

test('an error comes after the messages before it, and the first one stays', async () => {
  const { queue: waiting } = queue();
  waiting.add(commit('1'), 10);
  expect(waiting.error).toBeNull();
  expect(waiting.fail(lost)).toBe(true);
  expect(waiting.fail(new FozError('unavailable', 'closed'))).toBe(false);
  expect(waiting.error).toBe(lost);
  expect(await waiting.take(new RequestEnd())).toEqual([commit('1')]);
  await expect(waiting.take(new RequestEnd())).rejects.toBe(lost);
});

test('an error ends a wait', async () => {
  const { queue: waiting } = queue();
  const taken = waiting.take(new RequestEnd());
  waiting.fail(lost);
  await expect(taken).rejects.toBe(lost);
});

test('of positions without changes between them only the last one waits, however many they are', async () => {
  const { queue: waiting, full } = queue();
  for (let position = 0; position < 100_000; position++) waiting.add(idle(String(position)), 0);
  waiting.add(commit('c'), 10);
  waiting.add(idle('d'), 0);
  expect(await waiting.take(new RequestEnd())).toEqual([idle('99999'), commit('c'), idle('d')]);
  expect(full).toEqual([]);
});

test('the stream is asked to stop reading at 8 MiB of memory, until the messages are taken', async () => {
  const { queue: waiting, full } = queue();
  for (let count = 0; count < 3; count++) waiting.add(commit('1'), megabyte);
  expect(full).toHaveLength(0);
  waiting.add(commit('1'), megabyte);
  waiting.add(commit('1'), megabyte);
  expect(full).toHaveLength(2);
  await waiting.take(new RequestEnd());
  waiting.add(commit('1'), 3 * megabyte);
  expect(full).toHaveLength(2);
});

test('many short messages fill the queue too', () => {
  const { queue: waiting, full } = queue();
  for (let count = 0; count < 50_000; count++) waiting.add(commit('1'), 0);
  expect(full.length).toBeGreaterThan(0);
});
