import type { EndSignal } from '../../src/core/index.ts';
import type { Answers } from '../../src/serve/engine.ts';
import { pacedAnswers } from '../../src/serve/subscriptions/paced.ts';

/** Numbers in place of answers; `next` does not wait. */
function numbers(): Answers {
  let n = 0;
  let isOver = false;
  const iterator = {
    [Symbol.asyncIterator]: () => iterator,
    next: async () => (isOver ? { value: undefined, done: true } : { value: ++n, done: false }),
    return: async () => {
      isOver = true;
      return { value: undefined, done: true };
    },
  };
  return iterator as unknown as Answers;
}

test('the first answer does not wait; a further one is asked for once its turn has come', async () => {
  const turns: (() => void)[] = [];
  const paced = pacedAnswers(numbers(), () => new Promise((resolve) => turns.push(resolve)));
  expect(await paced.next()).toEqual({ value: 1, done: false });
  const second = paced.next();
  expect(await Promise.race([second, Promise.resolve('waits')])).toBe('waits');
  turns[0]!();
  expect(await second).toEqual({ value: 2, done: false });
  expect(turns.length).toBe(1);
});

test('a subscription that waits for its turn ends at once', async () => {
  const turn = (end: EndSignal) =>
    new Promise<void>((resolve) => end.addEventListener('abort', () => resolve()));
  const paced = pacedAnswers(numbers(), turn);
  await paced.next();
  const waiting = paced.next();
  await paced.return!();
  expect(await waiting).toEqual({ value: undefined, done: true });
});
