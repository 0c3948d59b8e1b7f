import type { RequestEnd } from '../../../src/core/index.ts';
import { Answering, type Reply, Unserved } from '../../../src/serve/socket/answering.ts';
import { until } from '../../support/wait.ts';

const reply = (n: number): Reply => ({ json: `{"data":${n}}` });
async function* count(end: RequestEnd, most: number): AsyncGenerator<Reply> {
  for (let n = 0; n < most && !end.aborted; n++) yield reply(n);
}

/** A source of results that stays pending until it is closed. */
function silent() {
  const state = { returned: 0 };
  const replies: AsyncIterable<Reply> = {
    [Symbol.asyncIterator]: () => {
      let finish = (_: IteratorResult<Reply>) => {};
      return {
        next: () =>
          new Promise((resolve) => {
            finish = resolve;
          }),
        return: async () => {
          state.returned++;
          finish({ value: undefined, done: true });
          return { value: undefined, done: true };
        },
      };
    },
  };
  return { state, replies };
}

test('one result, then nothing; over once', async () => {
  let over = 0;
  const answering = new Answering(
    async () => reply(1),
    () => over++,
  );
  expect(await answering.next()).toEqual({ value: reply(1), done: false });
  expect(over).toBe(0);
  expect(await answering.next()).toEqual({ value: undefined, done: true });
  await answering.return();
  expect(over).toBe(1);
});

test('several results, one after the other', async () => {
  let over = 0;
  const answering = new Answering(
    async (end) => count(end, 3),
    () => over++,
  );
  const seen: string[] = [];
  for await (const { json } of answering) seen.push(json);
  expect(seen).toEqual(['{"data":0}', '{"data":1}', '{"data":2}']);
  expect(over).toBe(1);
});

test('who returns it hears nothing more at once; it is over when what ran has ended', async () => {
  let over = 0;
  let finish = () => {};
  let ended = false;
  const answering = new Answering(
    (end) => {
      end.addEventListener('abort', () => {
        ended = true;
      });
      return new Promise((_, reject) => {
        finish = () => reject(new Unserved([{ message: 'ended' }]));
      });
    },
    () => over++,
  );
  const next = answering.next();
  await answering.return();
  expect(await next).toEqual({ value: undefined, done: true });
  expect([ended, over]).toEqual([true, 0]);
  finish();
  await until(() => over === 1);
});

test('what gives several results is let go of, while it waits and before it began', async () => {
  const { state, replies } = silent();
  let over = 0;
  const waiting = new Answering(
    async () => replies,
    () => over++,
  );
  const next = waiting.next();
  await new Promise((resolve) => setImmediate(resolve));
  await waiting.return();
  expect(await next).toEqual({ value: undefined, done: true });
  await until(() => over === 1 && state.returned > 0);
  const unborn = new Answering(
    async () => replies,
    () => over++,
  );
  await unborn.return();
  expect(await unborn.next()).toEqual({ value: undefined, done: true });
  await until(() => over === 2);
});

test('an error is told once', async () => {
  let over = 0;
  const answering = new Answering(
    () => Promise.reject(new Unserved([{ message: 'no' }])),
    () => over++,
  );
  await expect(answering.next()).rejects.toThrow('no');
  expect(over).toBe(1);
});
