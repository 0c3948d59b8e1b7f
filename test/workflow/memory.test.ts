import { Evaluator } from '../../src/workflow/expressions/evaluator.ts';
import { partOf } from '../../src/workflow/expressions/used-part.ts';
import { GroupCommit } from '../../src/workflow/jobs/index.ts';
import { RunMemory } from '../../src/workflow/runs/run-memory.ts';
import { closeExpressions, runInMemory } from './in-memory.ts';

afterAll(closeExpressions);

const megabytes = (number: number) => 'x'.repeat(number * 1_000_000);
/** Steps that record texts of 3.5 MB each, as input and as output. */
const largeSteps = (number: number) =>
  Array.from({ length: number }, (_, index) => ({
    ...{ id: `s${index}`, kind: 'transform', value: '{% input %}' },
  }));

test('the records of a run are bounded together', async () => {
  const { outcome, records } = await runInMemory(
    [
      ...largeSteps(15),
      { id: 'last', kind: 'transform', value: 'never', onError: [{ id: 'e', kind: 'transform', value: 1 }] },
    ],
    { input: megabytes(3.5) },
  );
  expect(JSON.parse((outcome as { error: string }).error)).toMatchObject({
    ...{ code: 'limit-exceeded', step: expect.stringMatching(/^s\d+$/) },
    message: expect.stringContaining('64000000 bytes'),
  });
  const bytes = records.reduce(
    (sum, { input, output }) => sum + (input?.length ?? 0) + (output?.length ?? 0),
    0,
  );
  expect(bytes).toBeGreaterThan(55_000_000);
  expect(bytes).toBeLessThanOrEqual(64_000_000);
});

test('what failed by that bound is not tried again, and what was done before is undone', async () => {
  const steps = [
    {
      id: 'booked',
      kind: 'transform',
      value: 'F1',
      compensate: [{ id: 'u', kind: 'transform', value: 'ok' }],
    },
    ...largeSteps(15).map((step) => ({ ...step, retry: { attempts: 5, firstMs: 1 } })),
  ];
  const { outcome, records } = await runInMemory(steps, { input: megabytes(3.5) });
  expect(JSON.parse((outcome as { error: string }).error)).toMatchObject({
    ...{ code: 'limit-exceeded', compensated: ['booked'] },
  });
  expect(records.find(({ state }) => state === 'failed')!.attempts).toBeLessThanOrEqual(1);
});

test('the scopes of expressions that wait take no memory of their own', async () => {
  const evaluator = new Evaluator(30_000);
  expect(await evaluator.evaluate(['1 + 1'], {})).toEqual([2]);
  const scope = { input: 1, steps: { large: Array.from({ length: 40 }, () => megabytes(0.1)) } };
  const held = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  const answers = Array.from({ length: 40 }, () => evaluator.evaluate(['$count(steps.large)'], scope));
  // 40 texts of 4 MB would be 160 MB.
  expect(held() - before).toBeLessThan(80_000_000);
  expect(await Promise.all(answers)).toEqual(Array(40).fill([40]));
  await evaluator.close();
});

test('a scope that is too large fails alone', async () => {
  const evaluator = new Evaluator(30_000);
  const large = Array.from({ length: 9 }, () => megabytes(4));
  const [failed, other] = await Promise.allSettled([
    evaluator.evaluate(['$count(input)'], { input: large }),
    evaluator.evaluate(['1 + 1'], { input: large }),
  ]);
  expect(failed).toMatchObject({ reason: { code: 'limit-exceeded' } });
  expect(other).toMatchObject({ value: [2] });
  await evaluator.close();
});

describe('what is sent of a scope', () => {
  const scope = {
    ...{ run: { id: 'r' }, input: { a: 1 }, item: { n: 2 } },
    steps: { one: { v: 1 }, two: { v: 2 }, three: [3] },
  };
  test.each<[string, object]>([
    ['1 + 1', { steps: {} }],
    ['input.a + item.n', { input: scope.input, item: scope.item, steps: {} }],
    ['steps.one.v', { steps: { one: scope.steps.one } }],
    ['$sum([steps.one.v, steps."two".v]) * 2', { steps: { one: scope.steps.one, two: scope.steps.two } }],
    ['steps.(one.v + two.v)', { steps: { one: scope.steps.one, two: scope.steps.two } }],
    ['steps[0].three', { steps: { three: scope.steps.three } }],
  ])('%s', (text, part) => {
    expect(partOf([text], scope)).toEqual(part);
  });
  test.each(['$keys(steps)', '($s := steps; $s.one)', 'steps ~> $keys()', '$lookup(steps, "o" & "ne")'])(
    'all steps: %s',
    (text) => {
      expect(partOf([text], scope)).toEqual({ steps: scope.steps });
    },
  );
  test.each([
    '$.input',
    '$$.steps.one',
    '*',
    '**.v',
    '$keys()',
    '$lookup("in" & "put")',
    '$eval("steps.one")',
    '$string()',
    'steps.one.%.%.input',
    '$each(function($v, $k) { $k })',
    '$map([1], function($x)<x-:x> { $x })',
    '$ ~> |steps|{"z": 1}|',
  ])('all: %s', (text) => {
    expect(partOf([text], scope)).toBe(scope);
  });
});

test('transactions that many share are bounded by bytes', async () => {
  const sizes: number[] = [];
  const commits = new GroupCommit<number, number>({
    commit: async (entries) => {
      sizes.push(entries.reduce((sum, bytes) => sum + bytes, 0));
      return entries;
    },
    bytesOf: (bytes) => bytes,
    mostBytes: 100,
  });
  await Promise.all([60, 30, 20, 500, 1, 99, 1].map((bytes) => commits.add(bytes)));
  expect(sizes).toEqual([90, 20, 500, 100, 1]);
});

describe('the runs of a process', () => {
  const signal = new AbortController().signal;
  test('begin while there is memory for them, in order', async () => {
    const memory = new RunMemory(100);
    const order: string[] = [];
    const enter = async (name: string, bytes: number) => {
      const place = await memory.enter(bytes, signal);
      order.push(name);
      return place;
    };
    const [first, second] = await Promise.all([enter('first', 60), enter('second', 30)]);
    const [third, fourth] = [enter('third', 50), enter('fourth', 1)];
    await new Promise(setImmediate);
    expect(order).toEqual(['first', 'second']);
    second.leave();
    await new Promise(setImmediate);
    expect(order).toEqual(['first', 'second']);
    first.grow(500);
    first.leave();
    await Promise.all([third, fourth]);
    expect(order).toEqual(['first', 'second', 'third', 'fourth']);
  });

  test('one that is larger than all memory begins alone; a lost claim does not wait', async () => {
    const memory = new RunMemory(100);
    const large = await memory.enter(1_000, signal);
    const lost = new AbortController();
    const waiting = memory.enter(1, lost.signal);
    lost.abort(new Error('lost'));
    await expect(waiting).rejects.toThrow('lost');
    const next = memory.enter(1, signal);
    large.leave();
    large.leave();
    (await next).leave();
  });
});
