import { getEventListeners } from 'node:events';
import type { StepRecord } from '../../src/store/index.ts';
import { workflowFaults } from '../../src/workflow/index.ts';
import { closeExpressions, runInMemory as done } from './in-memory.ts';

afterAll(closeExpressions);

const call = (id: string, more: object = {}) => ({
  ...{ id, kind: 'graphql', document: 'mutation { a }', role: 'clerk', ...more },
});

test('the end of an effect is committed with the beginning of the next one, and the last one with the end of the run', async () => {
  const { commits, rest, outcome } = await done([call('a'), call('b'), call('c')]);
  expect(commits).toEqual([['a running'], ['a done', 'b running'], ['b done', 'c running']]);
  expect(rest).toEqual(['c']);
  expect(outcome).toMatchObject({ kind: 'done' });
});

test('the end of an effect is committed at once where something else is waited for', async () => {
  const { commits } = await done([call('a'), { id: 'd', kind: 'delay', ms: 20 }, call('b')]);
  expect(commits.slice(0, 2).flat()).toContain('a done');
  expect(commits.at(-1)).not.toContain('a done');
});

test('runs leave nothing on the signal of their worker', async () => {
  const { signal } = new AbortController();
  const dependants = () => {
    const symbol = Object.getOwnPropertySymbols(signal).find(
      ({ description }) => description === 'kDependantSignals',
    );
    return (signal as unknown as Record<symbol, Set<unknown> | null>)[symbol!]?.size ?? 0;
  };
  const branches = { x: [call('x')], y: [call('y', { timeoutMs: 1_000 })] };
  for (let count = 0; count < 3; count++) await done([{ id: 'p', kind: 'parallel', branches }], { signal });
  expect([getEventListeners(signal, 'abort').length, dependants()]).toEqual([0, 0]);
});

test('a process that stood still after a commit makes sure of its claim before the effect', async () => {
  let [commits, calls] = [0, 0];
  const commit = async () => {
    commits++;
    // The commit is done; this process gets the answer after its claim was taken over.
    if (commits === 1) for (const until = performance.now() + 2_100; performance.now() < until; );
    return commits === 1;
  };
  await expect(done([call('a')], { commit, graphql: () => calls++ })).rejects.toThrow(/claim/);
  expect([commits, calls]).toEqual([2, 0]);
});

test('a worker that stops ends a run', async () => {
  const worker = new AbortController();
  const graphql = () => {
    worker.abort(new Error('it stops'));
    return new Promise(() => {});
  };
  await expect(done([call('a')], { signal: worker.signal, graphql })).rejects.toThrow(/claim/);
});

/** Records as they are read after a while. */
const later = (records: readonly StepRecord[], ms: number) =>
  records.map((record) => ({
    ...record,
    begunMs: record.begunMs + ms,
    resumeMs: record.resumeMs === null ? null : Math.max(0, record.resumeMs - ms),
  }));
const stepsOf = (records: readonly StepRecord[]) =>
  Object.fromEntries(records.map(({ path, state, attempts }) => [path, `${state} ${attempts}`]));
const wait = (ms: number) => ({ id: 'd', kind: 'delay', ms });
const within = (id: string, steps: readonly unknown[], more: object = {}) => ({
  ...{ id, kind: 'forEach', items: [1], steps, ...more },
});

test('a step with nested ones is tried again: what was done of them stays, the rest is done', async () => {
  const steps = [
    within('all', [call('a'), call('b')], { retry: { attempts: 3, firstMs: 60_000, jitter: 0 } }),
  ];
  let count = 0;
  const graphql = () => {
    count++;
    if (count === 2) throw new Error('no');
  };
  const first = await done(steps, { graphql });
  expect(first.outcome).toMatchObject({ kind: 'later' });
  const second = await done(steps, { graphql, records: later(first.records, 60_000) });
  expect([second.outcome.kind, count]).toEqual(['done', 3]);
  expect(stepsOf(second.records)).toEqual({ all: 'done 2', 'all/0/a': 'done 1', 'all/0/b': 'done 1' });
  // The same without a wait in between, and as often as allowed.
  count = 0;
  const quick = [within('all', [call('a'), call('b')], { retry: { attempts: 3, firstMs: 1 } })];
  expect((await done(quick, { graphql })).outcome.kind).toBe('done');
  const failing = await done(quick, {
    graphql: () => {
      count++;
      throw new Error('never');
    },
  });
  expect([failing.outcome.kind, count]).toEqual(['failed', 6]);
  // Killed between the records of the two failures.
  const between = later(first.records, 60_000).map((record) =>
    record.path === 'all' ? { ...record, state: 'running' as const, error: null, resumeMs: null } : record,
  );
  expect((await done(steps, { records: between })).outcome.kind).toBe('later');
});

test('a step that wants to fail is not tried again by those around it, also after a kill', async () => {
  const steps = [
    within('all', [{ id: 'f', kind: 'fail', message: 'no' }], { retry: { attempts: 5, firstMs: 1 } }),
  ];
  const failed = await done(steps);
  expect(stepsOf(failed.records)).toEqual({ all: 'failed 1', 'all/0/f': 'failed 1' });
  const records = failed.records.map((record) =>
    record.path === 'all' ? { ...record, state: 'running' as const, error: null } : record,
  );
  expect(stepsOf((await done(steps, { records })).records)).toMatchObject({ all: 'failed 1' });
});

test('a failure that was handled stays handled when a step around it is tried again', async () => {
  const onError = [{ id: 'handled', kind: 'transform', value: 'instead' }];
  const steps = [within('all', [call('a', { onError }), call('b')], { retry: { attempts: 2, firstMs: 1 } })];
  let count = 0;
  const { outcome, records } = await done(steps, {
    graphql: () => {
      count++;
      if (count <= 2) throw new Error('no');
    },
  });
  expect([outcome.kind, count]).toEqual(['done', 3]);
  expect(stepsOf(records)).toMatchObject({ 'all/0/a': 'failed 1', 'all/0/b': 'done 1' });
});

test('a step with nested ones that goes on after a wait is not another attempt', async () => {
  const steps = [within('all', [wait(60_000)])];
  const first = await done(steps);
  expect(first.outcome.kind).toBe('later');
  const second = await done(steps, { records: later(first.records, 30_000) });
  expect(second.outcome).toMatchObject({ kind: 'later' });
  const third = await done(steps, { records: later(second.records, 30_000) });
  expect(third.outcome.kind).toBe('done');
  expect(stepsOf(third.records)).toEqual({ all: 'done 1', 'all/0/d': 'done 1' });
});

test.each([
  ['around a wait', [within('all', [wait(60_000)], { timeoutMs: 5_000 })], 'all'],
  ['of a wait', [{ ...wait(60_000), timeoutMs: 5_000 }], 'd'],
])('the time of a step also passes while nobody works on the run: %s', async (_, steps, step) => {
  const first = await done(steps);
  expect(first.outcome.kind).toBe('later');
  expect((first.outcome as { afterMs: number }).afterMs).toBeLessThanOrEqual(5_000);
  const second = await done(steps, { records: later(first.records, 5_000) });
  const { error } = second.outcome as { error: string };
  expect(JSON.parse(error)).toMatchObject({ code: 'timeout', step });
});

test('each attempt has the whole time', async () => {
  const steps = [within('all', [wait(60_000)], { timeoutMs: 5_000, retry: { attempts: 2, firstMs: 1 } })];
  const first = await done(steps);
  const second = await done(steps, { records: later(first.records, 5_000) });
  expect(second.outcome.kind).toBe('later');
  expect((second.outcome as { afterMs: number }).afterMs).toBeGreaterThan(1_000);
  const third = await done(steps, { records: later(second.records, 5_000) });
  expect(third.outcome.kind).toBe('failed');
});

test('a time that is longer than the longest timer does not end at once', async () => {
  const graphql = () => new Promise((resolve) => setTimeout(resolve, 50));
  const { outcome } = await done([call('a', { timeoutMs: 2 ** 31 })], { graphql });
  expect(outcome.kind).toBe('done');
});

test('a session variable without a value is absent, and one with a NUL character is refused', async () => {
  const seen: unknown[] = [];
  const graphql = async ({ sessionVariables }: { readonly sessionVariables: unknown }) => {
    seen.push(sessionVariables);
    return { data: null };
  };
  const sessionVariables = { 'x-foz-a': '{% input.none %}', 'x-foz-b': '{% input.n %}', 'x-foz-c': 'c' };
  await done([call('a', { sessionVariables })], { services: { graphql }, input: { n: 7 } });
  expect(seen).toEqual([{ 'x-foz-b': '7', 'x-foz-c': 'c' }]);
  const { outcome } = await done([call('a', { sessionVariables: { 'x-foz-a': 'a\0' } })]);
  expect(outcome).toMatchObject({ kind: 'failed', error: expect.stringContaining('NUL') });
});

test('no step has the id __proto__', () => {
  const step = JSON.parse('{ "id": "__proto__", "kind": "transform", "value": 1 }');
  expect(workflowFaults({ name: 'w', steps: [step] })).toEqual([
    { place: '/steps/0/id', message: 'must not be "__proto__".' },
  ]);
});
