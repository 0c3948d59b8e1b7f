import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDetails } from '../../src/store/index.ts';
import type { GraphqlRequest, StepDefinition } from '../../src/workflow/index.ts';
import { type StorePlace, storePlace, until } from '../store/place.ts';
import { type Workplace, workplace } from './workplace.ts';

type Answer = (request: GraphqlRequest) => Promise<{ data?: unknown; errors?: { message: string }[] }>;

/** Runs of workflows, in a store of either kind. */
export function runCases(kind: 'pglite' | 'postgres'): void {
  let place: StorePlace;
  let work: Workplace;
  let answer: Answer;
  let calls: unknown[];
  let count = 0;
  let name: string;
  beforeAll(async () => {
    place = await storePlace(kind);
    work = await workplace(place, (request) => {
      calls.push(request.variables);
      return answer(request);
    });
    await work.worker.start();
  }, 120_000);
  afterAll(async () => {
    await work.close();
    await place.drop();
  });
  beforeEach(() => {
    name = `workflow_${++count}`;
    calls = [];
    answer = async ({ variables }) => ({ data: variables });
  });

  const call = (id: string, variables: unknown = {}): StepDefinition => ({
    ...{
      id,
      kind: 'graphql',
      document: 'query { a }',
      role: 'clerk',
      variables: { step: id, ...(variables as object) },
    },
  });
  const define = (steps: readonly unknown[], more: object = {}) =>
    work.runner.define({ name, steps, ...more });
  const show = async (id: string) => (await work.runs.show(id))!;
  const shown = async (id: string, holds: (run: RunDetails) => boolean): Promise<RunDetails> => {
    let run: RunDetails | undefined;
    await until(async () => {
      run = await show(id);
      return holds(run);
    });
    return run!;
  };
  const ended = (id: string) => shown(id, ({ endedAt }) => endedAt !== null);
  const outcome = async (input: unknown = null) => {
    const { state, output, error, steps } = await ended(await work.runner.start(name, input));
    return { state, output: output && JSON.parse(output), error: error && JSON.parse(error), steps };
  };
  const stepsOf = (run: Pick<RunDetails, 'steps'>) =>
    Object.fromEntries(run.steps.map(({ path, state, attempts }) => [path, `${state} ${attempts}`]));

  test('steps see the input and each other, and each is recorded', async () => {
    await define(
      [
        {
          id: 'order',
          kind: 'transform',
          value: { id: '{% input.id %}', total: '{% $sum(input.lines.price) %}', plain: 'a' },
        },
        {
          ...{ id: 'big', kind: 'condition', if: '{% steps.order.total > 100 %}' },
          // biome-ignore lint/suspicious/noThenProperty: a setting of the step
          then: [call('discount', { order: '{% steps.order.id %}' })],
          else: [{ id: 'none', kind: 'transform', value: null }],
        },
        {
          ...{ id: 'route', kind: 'switch', on: '{% input.country %}' },
          cases: [{ value: 'DE', steps: [{ id: 'de', kind: 'transform', value: 'inland' }] }],
          default: [{ id: 'other', kind: 'transform', value: 'abroad' }],
        },
      ],
      { output: { route: '{% steps.route %}', discount: '{% steps.discount.order %}' } },
    );
    const { steps, ...rest } = await outcome({ id: 7, country: 'DE', lines: [{ price: 60 }, { price: 70 }] });
    expect(rest).toEqual({ state: 'done', output: { route: 'inland', discount: 7 }, error: null });
    expect(calls).toEqual([{ step: 'discount', order: 7 }]);
    expect(steps.map(({ path, kind, state, input, output }) => [path, kind, state, input, output])).toEqual([
      [
        'order',
        'transform',
        'done',
        '{"value":{"id":7,"total":130,"plain":"a"}}',
        '{"id":7,"total":130,"plain":"a"}',
      ],
      ['big', 'condition', 'done', '{"if":true}', '{"step":"discount","order":7}'],
      [
        'big/discount',
        'graphql',
        'done',
        '{"variables":{"step":"discount","order":7}}',
        '{"step":"discount","order":7}',
      ],
      ['route', 'switch', 'done', '{"on":"DE"}', '"inland"'],
      ['route/de', 'transform', 'done', '{"value":"inland"}', '"inland"'],
    ]);
  });

  test('items are done at the same time up to the limit, and give their outputs in order', async () => {
    let [running, most] = [0, 0];
    answer = async ({ variables }) => {
      most = Math.max(most, ++running);
      if (variables.item === 1) await until(() => most === 2);
      running--;
      if (variables.item === 3) return { errors: [{ message: 'no 3' }] };
      return { data: variables.item };
    };
    const each = { id: 'all', kind: 'forEach', items: '{% input %}', concurrency: 2 };
    const steps = [call('one', { item: '{% item %}', index: '{% index %}' })];
    await define([{ ...each, steps, continueOnError: true }]);
    const error = { code: 'unexpected', message: 'no 3', step: 'all/2/one', details: expect.anything() };
    expect((await outcome([1, 2, 3, 4])).output).toEqual([1, 2, { error }, 4]);
    expect(most).toBe(2);
    const warnings: Error[] = [];
    const warned = (warning: Error) => void warnings.push(warning);
    process.on('warning', warned);
    await define([{ ...each, concurrency: 20, steps: [{ id: 'd', kind: 'delay', ms: 20 }] }]);
    expect(await outcome(Array.from({ length: 40 }))).toMatchObject({ state: 'done' });
    process.off('warning', warned);
    expect(warnings).toEqual([]);
    await define([{ ...each, steps }]);
    expect(await outcome([3])).toMatchObject({ state: 'failed', error: { message: 'no 3' } });
    expect(await outcome([])).toMatchObject({ state: 'done', output: [] });
  });

  test('branches run at the same time: all, any, race', async () => {
    answer = async ({ variables, signal }) => {
      await sleep(variables.ms as number, undefined, { signal });
      return variables.fails === true ? { errors: [{ message: 'failed' }] } : { data: variables.step };
    };
    const branches = {
      slow: [call('slow', { ms: 60_000 })],
      quick: [call('quick', { ms: 1 })],
      bad: [call('bad', { ms: 0, fails: true })],
    };
    await define([
      { id: 'p', kind: 'parallel', branches: { quick: branches.quick, other: [call('other', { ms: 1 })] } },
    ]);
    expect(await outcome()).toMatchObject({ state: 'done', output: { quick: 'quick', other: 'other' } });
    await define([{ id: 'p', kind: 'parallel', branches }]);
    expect(await outcome()).toMatchObject({
      state: 'failed',
      error: { message: 'failed', step: 'p/bad/bad' },
    });
    await define([{ id: 'p', kind: 'parallel', mode: 'any', branches }]);
    expect(await outcome()).toMatchObject({ state: 'done', output: 'quick' });
    await define([
      { id: 'p', kind: 'parallel', mode: 'race', branches: { slow: branches.slow, quick: branches.quick } },
    ]);
    expect(await outcome()).toMatchObject({ state: 'done', output: 'quick' });
  });

  test('a failed step is tried again, later each time, then handled by its own steps', async () => {
    let failures = 2;
    answer = async ({ variables }) =>
      failures-- > 0 ? { errors: [{ message: 'not yet' }] } : { data: variables };
    const retry = { attempts: 3, firstMs: 60, factor: 2, jitter: 0 };
    await define([{ ...call('a'), retry }]);
    const run = await outcome();
    expect([run.state, stepsOf(run)]).toEqual(['done', { a: 'done 3' }]);
    failures = 99;
    const onError = [{ id: 'handled', kind: 'transform', value: '{% error.message %}' }];
    await define([
      { ...call('a'), retry, onError },
      { id: 'b', kind: 'transform', value: '{% steps.a %}' },
    ]);
    const handled = await outcome();
    expect([handled.output, stepsOf(handled)]).toEqual([
      'not yet',
      { a: 'failed 3', 'a/onError/handled': 'done 1', b: 'done 1' },
    ]);
    await define([{ ...call('a'), retry: { ...retry, codes: ['timeout'] } }]);
    expect(stepsOf(await outcome())).toEqual({ a: 'failed 1' });
  });

  test('stop ends a run from within, fail fails it without another attempt', async () => {
    const after = call('after');
    await define([
      { id: 'all', kind: 'forEach', items: [1], steps: [{ id: 's', kind: 'stop', output: '{% item %}' }] },
      after,
    ]);
    expect(await outcome()).toMatchObject({ state: 'done', output: 1 });
    await define([
      { id: 'f', kind: 'fail', message: '{% "no " & input %}', code: 'mine', retry: { attempts: 5 } },
      after,
    ]);
    const failed = await outcome('money');
    expect(failed).toMatchObject({
      state: 'failed',
      error: { code: 'mine', message: 'no money', step: 'f' },
    });
    expect(stepsOf(failed)).toEqual({ f: 'failed 1' });
    expect(calls).toEqual([]);
  });

  test('an expression that never ends, needs too much memory or fails ends its step, not the process', async () => {
    const expression = (text: string) => define([{ id: 'e', kind: 'transform', value: `{% ${text} %}` }]);
    await expression('($f := function($x) { $f($x + 1) }; $f(0))');
    expect(await outcome()).toMatchObject({ state: 'failed', error: { code: 'timeout' } });
    await expression('$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)');
    expect(await outcome()).toMatchObject({ state: 'failed', error: { code: 'timeout' } });
    await expression('input.a + 1');
    expect(await outcome({ a: 'text' })).toMatchObject({
      state: 'failed',
      error: { code: 'data-exception' },
    });
    await expression('$sum(input)');
    expect(await outcome([1, 2])).toMatchObject({ state: 'done', output: 3 });
  });

  test('a step and a run have their times', async () => {
    answer = ({ signal }) => sleep(60_000, { data: 1 }, { signal });
    await define([{ ...call('a'), timeoutMs: 20 }]);
    expect(await outcome()).toMatchObject({ state: 'failed', error: { code: 'timeout', step: 'a' } });
    await define([{ id: 'd', kind: 'delay', ms: 60_000 }], { timeoutMs: 200 });
    expect(await outcome()).toMatchObject({ state: 'failed', error: { code: 'timeout' } });
  });

  test('a run that waits holds no worker, and finishes on the version with which it began', async () => {
    expect(await define([call('a'), { id: 'd', kind: 'delay', ms: 600 }, call('b', { version: 1 })])).toBe(1);
    const id = await work.runner.start(name, null);
    const waiting = await shown(id, ({ activity }) => activity === 'waiting');
    expect(stepsOf(waiting)).toEqual({ a: 'done 1', d: 'waiting 1' });
    expect(work.worker.running).toBe(0);
    expect(await define([call('b', { version: 2 })])).toBe(2);
    expect(await define([call('b', { version: 2 })])).toBe(2);
    expect(await ended(id)).toMatchObject({ state: 'done', version: 1 });
    expect(calls).toEqual([{ step: 'a' }, { step: 'b', version: 1 }]);
  });

  test('a branch that waits goes on while another one works', async () => {
    let goOn: () => void = () => {};
    answer = async ({ variables }) => {
      if (variables.step === 'long')
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      return { data: variables };
    };
    const short = [{ id: 'd', kind: 'delay', ms: 100 }, call('short')];
    await define([{ id: 'p', kind: 'parallel', branches: { long: [call('long')], short } }]);
    const id = await work.runner.start(name, null);
    await shown(id, (run) => stepsOf(run)['p/short/short'] === 'done 1');
    goOn();
    expect(await ended(id)).toMatchObject({ state: 'done' });
    expect(calls).toHaveLength(2);
  });

  test('a run is cancelled while it works, and retried', async () => {
    let isHanging = true;
    answer = async ({ variables }) => {
      if (variables.step === 'b' && isHanging) await sleep(300);
      return { data: variables };
    };
    await define([call('a'), call('b'), call('c')]);
    const id = await work.runner.start(name, null);
    await until(() => calls.length === 2);
    await work.runs.cancel(id);
    expect(await show(id)).toMatchObject({ state: 'cancelled', activity: null });
    await expect(work.runs.cancel(id)).rejects.toMatchObject({ code: 'conflict' });
    isHanging = false;
    await work.runs.retry(id, null);
    const run = await ended(id);
    expect([run.state, stepsOf(run)]).toEqual(['done', { a: 'done 1', b: 'done 2', c: 'done 1' }]);
    await sleep(300);
    // What was done under the cancelled claim is not recorded, and goes no further.
    expect(calls).toEqual(['a', 'b', 'b', 'c'].map((step) => ({ step })));
    await work.runs.retry(id, 'b');
    expect(stepsOf(await ended(id))).toEqual({ a: 'done 1', b: 'done 1', c: 'done 1' });
    expect(calls).toHaveLength(6);
    await expect(work.runs.retry(id, 'nowhere')).rejects.toMatchObject({ code: 'not-found' });
    await expect(work.runs.retry('nobody', null)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('a failed run goes on where it failed', async () => {
    let fails = true;
    answer = async ({ variables }) =>
      variables.item === 2 && fails ? { errors: [{ message: 'no' }] } : { data: variables.item };
    await define([
      { id: 'all', kind: 'forEach', items: [1, 2, 3], steps: [call('one', { item: '{% item %}' })] },
      call('end'),
    ]);
    const id = await work.runner.start(name, null);
    expect((await ended(id)).state).toBe('failed');
    fails = false;
    await work.runs.retry(id, null);
    expect(await ended(id)).toMatchObject({ state: 'done' });
    expect(calls.map((variables) => (variables as { item?: number }).item)).toEqual([1, 2, 2, 3, undefined]);
  });

  test('a paused run goes on when it is resumed', async () => {
    await define([{ id: 'd', kind: 'delay', ms: 100 }, call('a')]);
    const id = await work.runner.start(name, null);
    await work.runs.pause(id);
    await sleep(300);
    expect(await show(id)).toMatchObject({ state: 'paused' });
    expect(calls).toEqual([]);
    await work.runs.resume(id);
    expect(await ended(id)).toMatchObject({ state: 'done' });
  });

  test('runs with the same key come one after the other, and a workflow has its limit', async () => {
    const order: unknown[] = [];
    let [running, most] = [0, 0];
    answer = async ({ variables }) => {
      most = Math.max(most, ++running);
      order.push(variables.n);
      await sleep(5);
      running--;
      return { data: null };
    };
    await define([call('a', { n: '{% input.n %}' })], { key: '{% input.key %}', concurrency: 2 });
    const ids: string[] = [];
    for (const n of [1, 2, 3, 4, 5, 6]) ids.push(await work.runner.start(name, { n, key: n % 2 }));
    await Promise.all(ids.map(ended));
    expect(most).toBeLessThanOrEqual(2);
    expect(order.filter((n) => (n as number) % 2 === 1)).toEqual([1, 3, 5]);
    expect(order.filter((n) => (n as number) % 2 === 0)).toEqual([2, 4, 6]);
  });

  test('starting under an id twice starts one run; lists show the newest first', async () => {
    await define([call('a')]);
    const id = `run of ${name}`;
    await work.runner.start(name, null, { id });
    await work.runner.start(name, null, { id });
    await ended(id);
    await work.runner.start(name, null, { id });
    const second = await work.runner.start(name, null);
    await ended(second);
    expect(calls).toHaveLength(2);
    const list = (more: object = {}) => work.runs.list({ workflow: name, limit: 10, ...more });
    expect((await list()).map((run) => run.id)).toEqual([second, id]);
    expect((await list({ before: second })).map((run) => run.id)).toEqual([id]);
    expect(await list({ states: ['failed'] })).toEqual([]);
    expect(await work.runs.removeOld(3_600)).toBe(0);
    expect(await work.runs.removeOld(-1)).toBeGreaterThanOrEqual(2);
    expect(await work.runs.show(id)).toBeNull();
  });

  test('a run that ends every process that works on it fails at last', async () => {
    await define([call('a')]);
    const id = await work.runner.start(name, null, { afterMs: 3_600_000 });
    await work.jobs.transact(({ run }) => run('update foz.jobs set attempts = 20 where id = ?', [id]));
    await work.jobs.transact(({ makeDue }) => makeDue([id]));
    expect(await ended(id)).toMatchObject({ state: 'failed' });
    expect(calls).toEqual([]);
  });

  test('a run that gets further between its claims does not count them', async () => {
    await define([call('a'), call('b')]);
    answer = async ({ variables }) => {
      if (variables.step !== 'b') return { data: variables };
      const { attempts } = await row();
      throw new Error(String(attempts));
    };
    const id = await work.runner.start(name, null, { afterMs: 3_600_000 });
    const row = async () =>
      (await work.jobs.transact(({ run }) => run('select attempts from foz.jobs where id = ?', [id])))[0]!;
    await work.jobs.transact(({ run }) => run('update foz.jobs set attempts = 19 where id = ?', [id]));
    await work.jobs.transact(({ makeDue }) => makeDue([id]));
    // The end of the first step, committed before the second one, is the progress.
    expect(await ended(id)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('"message":"0"'),
    });
  });

  test('a run whose version is missing fails at last', async () => {
    await define([call('a')]);
    const id = await work.runner.start(name, null, { afterMs: 3_600_000 });
    await work.jobs.transact(async ({ run, makeDue }) => {
      await run('update foz.runs set version = 99 where id = ?', [id]);
      // As if it had been claimed before, so that it is read from the store.
      await run('update foz.jobs set attempts = 20, body = null where id = ?', [id]);
      await makeDue([id]);
    });
    expect(await ended(id)).toMatchObject({ state: 'failed' });
    expect(calls).toEqual([]);
  });

  test('a version is kept for a while after it was replaced, since a former process may start runs of it', async () => {
    const versions = async () =>
      (
        await work.jobs.transact(({ run }) =>
          run('select version from foz.workflow_versions where workflow = ? order by version', [name]),
        )
      ).map(({ version }) => Number(version));
    await define([call('a')]);
    await define([call('b')]);
    await work.runs.removeOld(3_600);
    expect(await versions()).toEqual([1, 2]);
    await work.runs.removeOld(-1);
    expect(await versions()).toEqual([2]);
  });

  test('a run that is to begin later, and is paused and resumed before, begins then', async () => {
    await define([call('a')]);
    const id = await work.runner.start(name, null, { afterMs: 3_600_000 });
    await work.runs.pause(id);
    await work.runs.resume(id);
    const [row] = await work.jobs.transact(({ run }) =>
      run('select extract(epoch from due - now()) as seconds from foz.jobs where id = ?', [id]),
    );
    expect(Number(row!.seconds)).toBeGreaterThan(3_000);
    await work.runs.cancel(id);
  });

  if (kind === 'postgres')
    test('a run that is being changed is not removed', async () => {
      await define([call('a')]);
      const id = await work.runner.start(name, null);
      await ended(id);
      await work.jobs.transact(async ({ run }) => {
        await run('select 1 from foz.runs where id = ? for update', [id]);
        await work.runs.removeOld(-1);
      });
      expect(await work.runs.show(id)).toMatchObject({ state: 'done' });
    });
}
