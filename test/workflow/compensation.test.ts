import type { StepRecord } from '../../src/store/index.ts';
import { checkWorkflow } from '../../src/workflow/index.ts';
import { toUndo } from '../../src/workflow/runs/compensation.ts';
import { closeExpressions, type InMemoryOptions, runInMemory } from './in-memory.ts';

afterAll(closeExpressions);

const step = (id: string, more: object = {}) => ({
  ...{ id, kind: 'graphql', document: 'mutation { a }', role: 'clerk', variables: { id } },
  ...more,
});
/** A step that is undone by another one, which is told the output of the first. */
const undone = (id: string, more: object = {}) =>
  step(id, {
    compensate: [
      step(`un_${id}`, { variables: { id: `un_${id}`, of: `{% steps.${id} %}`, item: '{% item %}' } }),
    ],
    ...more,
  });
const broken = { id: 'broken', kind: 'fail', code: 'mine', message: 'no' };

/** Does a run whose steps are answered by `answer`, and tells what it was asked. */
async function done(
  steps: readonly unknown[],
  answer: (variables: Record<string, unknown>) => unknown = ({ id }) => id,
  more: InMemoryOptions = {},
) {
  const asked: Record<string, unknown>[] = [];
  const graphql = async ({ variables }: { variables: Readonly<Record<string, unknown>> }) => {
    asked.push(variables);
    return { data: await answer(variables) };
  };
  const result = await runInMemory(steps, { services: { graphql }, ...more });
  const error = result.outcome.kind === 'failed' ? JSON.parse(result.outcome.error) : null;
  return { ...result, asked, ids: asked.map(({ id }) => id), error };
}

test('what was done is undone in reverse order when a later step fails', async () => {
  const { ids, asked, error } = await done([undone('a'), step('b'), undone('c'), broken]);
  expect(ids).toEqual(['a', 'b', 'c', 'un_c', 'un_a']);
  expect(asked.at(-1)).toMatchObject({ of: 'a' });
  expect(error).toEqual({ code: 'mine', message: 'no', step: 'broken', compensated: ['c', 'a'] });
});

test('a run that succeeds, and a step that was not done, undo nothing', async () => {
  expect((await done([undone('a')])).ids).toEqual(['a']);
  const never = await done([broken, undone('a')]);
  expect([never.ids, never.error.compensated]).toEqual([[], undefined]);
  const handled = [{ id: 'h', kind: 'transform', value: 1 }];
  expect((await done([undone('a'), { ...broken, onError: handled }])).ids).toEqual(['a']);
});

test('each item of a repetition is undone with what it had', async () => {
  const each = { id: 'each', kind: 'forEach', items: ['x', 'y'], steps: [undone('a')] };
  let count = 0;
  const { asked } = await done([each, broken], ({ id }) => `${id} ${++count}`);
  expect(asked.slice(2)).toEqual([
    { id: 'un_a', of: 'a 2', item: 'y' },
    { id: 'un_a', of: 'a 1', item: 'x' },
  ]);
});

test('steps in branches, passes and handlers of errors are undone', async () => {
  const steps = [
    {
      id: 'p',
      kind: 'parallel',
      branches: { l: [undone('a')], r: [{ id: 'd', kind: 'delay', ms: 20 }, undone('b')] },
    },
    { id: 'w', kind: 'while', if: '{% index < 2 %}', most: 5, steps: [undone('c')] },
    step('x', { onError: [undone('e')] }),
    broken,
  ];
  let count = 0;
  const { asked, error } = await done(steps, ({ id }) => {
    if (id === 'x') throw new Error('x');
    return `${id} ${++count}`;
  });
  expect(asked.slice(6).map(({ of }) => of)).toEqual(['e 5', 'c 4', 'c 3', 'b 2', 'a 1']);
  expect(error.compensated).toEqual(['x/onError/e', 'w/1/c', 'w/0/c', 'p/r/b', 'p/l/a']);
});

test('a compensation has its own attempts, sees the error, and one that fails does not stop the others', async () => {
  const compensate = [
    step('un_b', {
      variables: { id: 'un_b', why: '{% error.message %}' },
      retry: { attempts: 2, firstMs: 1 },
    }),
  ];
  const { ids, asked, error } = await done([undone('a'), step('b', { compensate }), broken], ({ id }) => {
    if (id === 'un_b') throw new Error('cannot');
    return id;
  });
  expect(ids).toEqual(['a', 'b', 'un_b', 'un_b', 'un_a']);
  expect(asked[2]).toMatchObject({ why: 'no' });
  expect(error).toMatchObject({
    code: 'mine',
    compensated: ['a'],
    notCompensated: { b: { message: 'cannot', step: 'b/compensate/un_b' } },
  });
});

test('a step that ends after the failure of another branch is undone, too', async () => {
  let end: () => void = () => {};
  const late = step('late', { kind: 'graphql' });
  const steps = [
    {
      ...{ id: 'p', kind: 'parallel' },
      branches: {
        l: [undone('slow')],
        r: [
          { id: 'd', kind: 'delay', ms: 30 },
          { ...broken, id: 'f' },
        ],
      },
    },
    late,
  ];
  const { ids } = await done(steps, async ({ id }) => {
    if (id === 'slow') {
      setTimeout(() => end(), 150);
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    }
    return id;
  });
  expect(ids).toEqual(['slow', 'un_slow']);
});

test('a run whose time is over undoes what it did, without a limit of its own', async () => {
  const compensate = [{ id: 'pause', kind: 'delay', ms: 100 }, step('un_a')];
  const definition = checkWorkflow({
    ...{ name: 'w', timeoutMs: 40 },
    steps: [step('a', { compensate }), { id: 'd', kind: 'delay', ms: 60_000 }],
  });
  const { steps } = definition;
  const first = await done(steps, undefined, { definition, ageMs: 0 });
  const second = await done(steps, undefined, { definition, records: first.records, ageMs: 10_000 });
  expect(first.outcome).toMatchObject({ kind: 'later' });
  expect([first.ids, second.ids, second.error]).toEqual([['a'], [], null]);
  // The pause of the compensation is over.
  const records = second.records.map((record) => ({
    ...record,
    resumeMs: record.resumeMs === null ? null : 0,
  }));
  const third = await done(steps, undefined, { definition, records, ageMs: 10_000 });
  expect([third.ids, third.error]).toMatchObject([['un_a'], { code: 'timeout', compensated: ['a'] }]);
});

test('killed at any commit, it goes on undoing: nothing is undone twice that was recorded', async () => {
  const steps = [undone('a'), undone('b'), undone('c'), broken];
  for (let at = 1; at <= 9; at++) {
    let commits = 0;
    const kept = new Map<string, StepRecord & { readonly keptAt: number }>();
    const commit = async (written: readonly StepRecord[]) => {
      if (++commits > at) throw new Error('killed');
      const keptAt = performance.now();
      for (const record of written) kept.set(record.path, { ...record, keptAt });
      return true;
    };
    await done(steps, undefined, { commit }).catch(() => null);
    const now = performance.now();
    // The store keeps moments, so its times are those since then when the records are read.
    const records = [...kept.values()].map(({ keptAt, ...record }) => ({
      ...record,
      begunMs: record.begunMs + now - keptAt,
      endedMs: record.endedMs === null ? null : record.endedMs + now - keptAt,
    }));
    const before = new Set(
      records.filter(({ state }) => state === 'done').map(({ path }) => path.split('/').at(-1)),
    );
    const second = await done(steps, undefined, { records });
    expect(second.ids.filter((id) => before.has(String(id)))).toEqual([]);
    expect(second.error.compensated).toEqual(['c', 'b', 'a']);
  }
});

test('a compensation that waits lets the worker go', async () => {
  const compensate = [{ id: 'pause', kind: 'delay', ms: 60_000 }, step('un_a')];
  const first = await done([step('a', { compensate }), broken]);
  expect(first.outcome).toMatchObject({ kind: 'later' });
  const records = first.records.map((record) => ({
    ...record,
    resumeMs: record.resumeMs === null ? null : 0,
  }));
  const second = await done([step('a', { compensate }), broken], undefined, { records });
  expect([second.ids, second.error.compensated]).toEqual([['un_a'], ['a']]);
});

test('of steps that have ended in the same millisecond, the last one is undone first', () => {
  const steps = [undone('a'), undone('b'), undone('c')];
  const definition = checkWorkflow({ name: 'w', steps });
  const finished = ['a', 'b', 'c'].map((path) => ({
    ...{ path, state: 'done' as const, input: null, output: '1', endedAt: 5 },
  }));
  expect(toUndo(definition, finished)).toEqual(['c', 'b', 'a']);
});
