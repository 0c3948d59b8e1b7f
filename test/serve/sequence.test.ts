import { type Derivation, derived } from '../../src/serve/sequence.ts';

/** A sequence that is fed by hand, and what happened to one that is derived from it. */
function sequence(more: Partial<Derivation<number, number>> = {}) {
  const events: string[] = [];
  const results: IteratorResult<number, undefined>[] = [];
  let settle: {
    resolve(result: IteratorResult<number, undefined>): void;
    reject(error: Error): void;
  } | null = null;
  const over = { value: undefined, done: true } as const;
  const source: AsyncIterator<number, undefined> = {
    next() {
      const result = results.shift();
      if (result !== undefined) return Promise.resolve(result);
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
      });
    },
    async return() {
      events.push('source left');
      settle?.resolve(over);
      results.push(over);
      return over;
    },
  };
  const onEnd = () => events.push('end');
  const values = derived(source, { map: async (value) => value * 10, onEnd, ...more });
  const put = (value: number) => results.push({ value, done: false });
  return {
    values,
    events,
    put,
    finish: () => results.push(over),
    fail: (error: Error) => settle!.reject(error),
  };
}

async function all(values: AsyncIterable<number>): Promise<number[]> {
  const found: number[] = [];
  for await (const value of values) found.push(value);
  return found;
}

test('values are mapped in order, and the end is reported once', async () => {
  const { values, events, put, finish } = sequence();
  put(1);
  put(2);
  finish();
  expect(await all(values)).toEqual([10, 20]);
  finish();
  await values.next();
  await values.return!();
  expect(events).toEqual(['end', 'source left']);
});

test('a last value follows all others, once', async () => {
  const { values, put, finish } = sequence({ last: () => 7 });
  put(1);
  finish();
  finish();
  finish();
  expect(await all(values)).toEqual([10, 7]);
  expect((await values.next()).done).toBe(true);
});

test('a reader that leaves while it waits gets no last value', async () => {
  const { values, events } = sequence({ last: () => 7 });
  const waiting = values.next();
  await values.return!();
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(events).toEqual(['end', 'source left']);
});

test('an error of the source is passed on, and is an end', async () => {
  const { values, events, fail } = sequence();
  const waiting = values.next();
  fail(new Error('lost'));
  await expect(waiting).rejects.toThrow('lost');
  expect(events).toEqual(['end']);
});
