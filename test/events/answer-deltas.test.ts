import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AnswerDeltas } from '../../src/events/deltas/answer-deltas.ts';
import { DeltaAnswers } from '../../src/events/deltas/delta-answers.ts';
import type { EngineAnswer } from '../../src/execute/index.ts';
import type { RowKeys } from '../../src/plan/index.ts';

const keys: RowKeys = { key: null, fields: new Map() };
const fail = (error: unknown) => {
  throw error;
};
const caller = 'key:a';
const padding = 'x'.repeat(300);
const answerOf = (value: number | string, text = padding): EngineAnswer => ({
  json: `{"data":{"value":${value},"text":"${text}"}}`,
  kind: 'data',
  errors: [],
});
const failed: EngineAnswer = {
  json: '{"errors":[{"message":"no"}],"data":null}',
  kind: 'data',
  errors: [new Error('no') as never],
};

/** The answers and differences that a subscriber with deltas gets for these answers. */
async function sentFor(
  answers: readonly (EngineAnswer | 'reset')[],
  deltas = new AnswerDeltas(fail),
  rowKeys = keys,
) {
  async function* all(): AsyncGenerator<EngineAnswer, undefined> {
    for (const answer of answers) {
      if (answer === 'reset') subscriber.reset();
      else yield answer;
    }
  }
  const subscriber: DeltaAnswers = new DeltaAnswers(all(), deltas, caller, () => rowKeys);
  const sent: { data?: unknown; errors?: unknown; extensions?: { delta: { revision: number } } }[] = [];
  for await (const { json } of subscriber) sent.push(JSON.parse(json));
  return sent;
}
const data = (value: unknown) => ({ value, text: padding });
const whole = (revision: number, value: unknown) => ({
  data: data(value),
  extensions: { delta: { revision } },
});
const changed = (revision: number, value: unknown) => ({
  extensions: { delta: { revision, patch: [{ op: 'replace', path: '/value', value }] } },
});

test('the first answer is whole, later ones are differences', async () => {
  expect(await sentFor([1, 2, 3].map((value) => answerOf(value)))).toEqual([
    whole(1, 1),
    changed(2, 2),
    changed(3, 3),
  ]);
});

test('after an error, and after the plan has changed, the next answer is whole', async () => {
  expect(
    await sentFor([answerOf(1), failed, answerOf(2), answerOf(3), 'reset', answerOf(4), answerOf(5)]),
  ).toEqual([whole(1, 1), JSON.parse(failed.json), whole(2, 2), changed(3, 3), whole(4, 4), changed(5, 5)]);
});

test('an answer that differs in spaces only is not sent, and one that is shorter than its patch is sent whole', async () => {
  const short = (value: string): EngineAnswer => ({ json: `{"data":${value}}`, kind: 'data', errors: [] });
  expect(await sentFor([short('{"a":1}'), short('{"a": 1}'), short('{"a":2}')])).toEqual([
    { data: { a: 1 }, extensions: { delta: { revision: 1 } } },
    { data: { a: 2 }, extensions: { delta: { revision: 2 } } },
  ]);
});

test('numbers keep their digits', async () => {
  const answers = (async function* () {
    yield answerOf('12345678901234567890.10');
    yield answerOf('12345678901234567890.100');
  })() as AsyncGenerator<EngineAnswer, undefined>;
  const subscriber = new DeltaAnswers(answers, new AnswerDeltas(fail), caller, () => keys);
  await subscriber.next();
  expect((await subscriber.next()).value?.json).toBe(
    '{"extensions":{"delta":{"revision":2,"patch":[{"op":"replace","path":"/value","value":12345678901234567890.100}]}}}',
  );
});

test('a difference is computed once for all subscribers that have the same answer', () => {
  const deltas = new AnswerDeltas(fail);
  let asked = 0;
  const counted: RowKeys = {
    key: null,
    get fields() {
      asked++;
      return new Map();
    },
  };
  const [before, after] = [answerOf(1), answerOf(2)];
  const patches = Array.from({ length: 100 }, () => deltas.between(before, after, counted));
  expect(new Set(patches)).toEqual(new Set(['[{"op":"replace","path":"/value","value":2}]']));
  expect(asked).toBe(1);
});

test('where comparing fails, the whole answer is sent, and the failure is reported once', async () => {
  const failures: unknown[] = [];
  const deltas = new AnswerDeltas((error) => failures.push(error));
  const problem = new RangeError('too many arguments');
  const failing: RowKeys = {
    key: null,
    get fields(): never {
      throw problem;
    },
  };
  const list = [answerOf(1), answerOf(2)];
  for (let count = 0; count < 2; count++)
    expect(await sentFor(list, deltas, failing)).toEqual([whole(1, 1), whole(2, 2)]);
  expect(failures).toEqual([problem]);
});

test('an answer is compared with few earlier ones; subscribers that are further behind get it whole', () => {
  const deltas = new AnswerDeltas(fail);
  const after = answerOf(100);
  const patches = Array.from({ length: 6 }, (_, value) => deltas.between(answerOf(value), after, keys));
  expect(patches.map((patch) => patch !== null)).toEqual([true, true, true, true, false, false]);
});

test('the answers that subscribers have stay within the budget: without room the next one is whole', async () => {
  const deltas = new AnswerDeltas(fail, 4000);
  const [one, other] = [answerOf(1), answerOf(2)];
  expect([deltas.keep(one, caller), deltas.keep(one, caller), deltas.keep(other, caller)]).toEqual([
    true,
    true,
    false,
  ]);
  expect(await sentFor([answerOf(3), answerOf(4)], deltas)).toEqual([whole(1, 3), whole(2, 4)]);
  deltas.release(one, caller);
  expect(deltas.keep(other, caller)).toBe(false);
  deltas.release(one, caller);
  expect(deltas.bytes).toBe(0);
  expect(await sentFor([answerOf(3), answerOf(4)], deltas)).toEqual([whole(1, 3), changed(2, 4)]);
  expect(deltas.bytes).toBe(0);
});

test('one caller gets a quarter of the budget, and the answers of all stay within it', () => {
  const deltas = new AnswerDeltas(fail, 12_000);
  const kept = (name: string, answers: readonly EngineAnswer[]) =>
    answers.filter((answer) => deltas.keep(answer, name));
  const made = (from: number) => Array.from({ length: 10 }, (_, index) => answerOf(from + index));
  const bytes = 2 * answerOf(10).json.length + 40;
  const mine = kept('a', made(10));
  expect(mine.length).toBe(Math.floor(3000 / bytes));
  // Another caller has room, and answers that both have count once for all.
  expect(kept('b', mine)).toEqual(mine);
  expect(kept('b', made(20))).toEqual([]);
  expect(deltas.bytes).toBe(mine.length * bytes);
  const others = Array.from({ length: 10 }, (_, index) =>
    kept(`other ${index}`, made(30 + 10 * index)),
  ).flat();
  expect(mine.length + others.length).toBe(Math.floor(12_000 / bytes));
  for (const answer of mine) deltas.release(answer, 'a');
  expect(kept('a', made(90)).length).toBe(0);
  for (const answer of mine) deltas.release(answer, 'b');
  expect(kept('a', made(90)).length).toBe(mine.length);
});

test('a very long answer is neither kept nor compared', async () => {
  const deltas = new AnswerDeltas(fail, 2 ** 30);
  const long = 'y'.repeat(600_000);
  expect(await sentFor([answerOf(1), answerOf(2, long), answerOf(3), answerOf(4)], deltas)).toEqual([
    whole(1, 1),
    { data: { value: 2, text: long }, extensions: { delta: { revision: 2 } } },
    whole(3, 3),
    changed(4, 4),
  ]);
});

test('an answer is freed once all subscribers have a later one', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const made: WeakRef<EngineAnswer>[] = [];
  async function* answers(): AsyncGenerator<EngineAnswer, undefined> {
    for (let value = 0; ; value++) {
      const answer = answerOf(value);
      made.push(new WeakRef(answer));
      yield answer;
    }
  }
  const subscriber = new DeltaAnswers(answers(), new AnswerDeltas(fail), caller, () => keys);
  for (let count = 0; count < 300; count++) await subscriber.next();
  const held = () => made.filter((answer) => answer.deref() !== undefined).length;
  // A WeakRef keeps its answer until the turn of the event loop ends in which it was made or read.
  for (let tries = 0; tries < 10 && held() > 2; tries++) {
    await turn();
    collect();
  }
  expect(held()).toBeLessThanOrEqual(2);
  await subscriber.return();
});

test('nothing is kept for a subscriber that has left while an answer was on its way', async () => {
  const deltas = new AnswerDeltas(fail);
  let put = (_: EngineAnswer) => {};
  const answers: AsyncIterableIterator<EngineAnswer, undefined> = {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () =>
      new Promise((resolve) => {
        put = (value) => resolve({ value, done: false });
      }),
  };
  const subscriber = new DeltaAnswers(answers, deltas, caller, () => keys);
  const pending = subscriber.next();
  await subscriber.return();
  put(answerOf(1));
  await pending;
  expect(deltas.bytes).toBe(0);
});
