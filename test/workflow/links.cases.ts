import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDetails } from '../../src/store/index.ts';
import type { GraphqlRequest } from '../../src/workflow/index.ts';
import { type StorePlace, storePlace, until } from '../store/place.ts';
import { type Workplace, workplace } from './workplace.ts';

/** Runs that start others, wait for signals and respond, in a store of either kind. */
export function linkCases(kind: 'pglite' | 'postgres'): void {
  let place: StorePlace;
  let work: Workplace;
  let answer: (request: GraphqlRequest) => Promise<{ data?: unknown; errors?: { message: string }[] }>;
  let calls: unknown[];
  let count = 0;
  /** The names of the workflows of a test. */
  let [one, other] = ['', ''];
  beforeAll(async () => {
    place = await storePlace(kind);
    work = await workplace(place, (request) => {
      calls.push(request.variables.step);
      return answer(request);
    });
    await work.worker.start();
  }, 120_000);
  afterAll(async () => {
    await work.close();
    await place.drop();
  });
  beforeEach(() => {
    [one, other] = [`one_${++count}`, `other_${count}`];
    calls = [];
    answer = async ({ variables }) => ({ data: variables });
  });

  const ask = (id: string, more: object = {}) => ({
    ...{ id, kind: 'graphql', document: 'query { a }', role: 'clerk', variables: { step: id } },
    ...more,
  });
  const define = (name: string, steps: readonly unknown[], more: object = {}) =>
    work.runner.define({ name, steps, ...more });
  const start = (name: string, input: unknown = null) => work.runner.start(name, input);
  const shown = async (id: string, holds: (run: RunDetails) => boolean): Promise<RunDetails> => {
    let run: RunDetails | null = null;
    await until(async () => {
      run = await work.runs.show(id);
      return run !== null && holds(run);
    });
    return run!;
  };
  const ended = (id: string) => shown(id, ({ endedAt }) => endedAt !== null);
  const parked = (id: string) => shown(id, ({ activity }) => activity === 'waiting');
  const outcome = async (name: string, input: unknown = null) => {
    const { state, output, error } = await ended(await start(name, input));
    return { state, output: output && JSON.parse(output), error: error && JSON.parse(error) };
  };
  const runsOf = (workflow: string) => work.runs.list({ workflow, limit: 1_000 });
  const calling = (more: object = {}) => ({ id: 'call', kind: 'call', workflow: other, ...more });

  describe('call', () => {
    test('gives the input to another workflow, and its output back', async () => {
      await define(other, [{ id: 'sum', kind: 'transform', value: '{% $sum(input.parts) %}' }]);
      await define(one, [calling({ input: { parts: '{% input %}' } })], {
        output: { sum: '{% steps.call %}' },
      });
      expect(await outcome(one, [1, 2, 3])).toEqual({ state: 'done', output: { sum: 6 }, error: null });
    });

    test('holds no worker while it waits, and goes on as soon as the other run ends', async () => {
      await define(other, [ask('work')]);
      await define(one, [calling()]);
      let goOn: () => void = () => {};
      answer = async () => {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        return { data: 7 };
      };
      const id = await start(one);
      await parked(id);
      await until(() => calls.length === 1 && work.worker.running === 1);
      const before = performance.now();
      goOn();
      expect(await ended(id)).toMatchObject({ state: 'done', output: '7' });
      expect(performance.now() - before).toBeLessThan(5_000);
    });

    test('no end is missed, however it meets the parking of the run that waits', async () => {
      await define(other, [ask('work')]);
      answer = async ({ variables }) => ({ data: variables });
      await define(one, [
        { id: 'all', kind: 'forEach', items: '{% input %}', concurrency: 10, steps: [calling()] },
      ]);
      const ids = await Promise.all(
        Array.from({ length: 20 }, (_, index) => start(one, Array(index % 4).fill(0))),
      );
      for (const id of ids) expect((await ended(id)).state).toBe('done');
    });

    test('fails where the other run fails, and each attempt is a run of its own', async () => {
      await define(other, [ask('work')]);
      await define(one, [calling({ retry: { attempts: 3, firstMs: 1 } })]);
      answer = async () => ({ errors: [{ message: 'no' }] });
      const id = await start(one);
      const { error, state } = await ended(id);
      expect([state, JSON.parse(error!)]).toEqual([
        'failed',
        {
          ...{ code: 'unexpected', message: 'no', step: 'call' },
          details: { run: expect.any(String), step: 'work', details: { errors: [{ message: 'no' }] } },
        },
      ]);
      expect(await runsOf(other)).toHaveLength(3);
      answer = async () => ({ data: 1 });
      await work.runs.retry(id, null);
      expect(await ended(id)).toMatchObject({ state: 'done', output: '1' });
      expect(await runsOf(other)).toHaveLength(4);
    });

    test('does not wait where it need not', async () => {
      await define(other, [ask('work')]);
      await define(one, [calling({ wait: false })]);
      answer = async () => ({ errors: [{ message: 'no' }] });
      const { state, output } = await outcome(one);
      expect(state).toBe('done');
      expect((await ended(output.run)).state).toBe('failed');
      await define(one, [calling({ workflow: 'nowhere' })]);
      expect(await outcome(one)).toMatchObject({ state: 'failed', error: { code: 'not-found' } });
    });

    test('a cancelled run takes those along that it waits for, and a retry begins new ones', async () => {
      const third = `${other}_third`;
      await define(third, [{ id: 'w', kind: 'waitFor', signal: third }]);
      await define(other, [calling({ workflow: third })]);
      await define(one, [calling()]);
      const id = await start(one);
      await until(async () => (await runsOf(third))[0]?.activity === 'waiting');
      await work.runs.cancel(id);
      for (const name of [one, other, third])
        expect((await runsOf(name))[0]).toMatchObject({ state: 'cancelled' });
      await work.runs.retry(id, null);
      await until(async () => (await runsOf(third)).length === 2);
      await work.runner.signal(third, null, 5);
      expect(await ended(id)).toMatchObject({ state: 'done', output: '5' });
    });

    test('a run whose caller is not waiting any more is cancelled', async () => {
      await define(other, [{ id: 'w', kind: 'waitFor', signal: other }]);
      await define(one, [
        calling({ timeoutMs: 300, onError: [{ id: 'e', kind: 'transform', value: 'late' }] }),
      ]);
      expect(await outcome(one)).toMatchObject({ state: 'done', output: 'late' });
      const [left] = await runsOf(other);
      expect(await ended(left!.id)).toMatchObject({ state: 'cancelled' });
      const quick = [{ id: 'd', kind: 'delay', ms: 100 }];
      await define(one, [
        { id: 'p', kind: 'parallel', mode: 'race', branches: { slow: [calling()], quick } },
      ]);
      expect(await outcome(one)).toMatchObject({ state: 'done' });
      const [loser] = await runsOf(other);
      expect(await ended(loser!.id)).toMatchObject({ state: 'cancelled' });
    });

    test('a run that is cancelled fails the step that waits for it', async () => {
      await define(other, [{ id: 'w', kind: 'waitFor', signal: other }]);
      await define(one, [calling()]);
      const id = await start(one);
      await parked(id);
      await until(async () => (await runsOf(other))[0]?.activity === 'waiting');
      await work.runs.cancel((await runsOf(other))[0]!.id);
      expect(JSON.parse((await ended(id)).error!)).toMatchObject({ code: 'cancelled', step: 'call' });
    });

    test('a run whose caller is gone does nothing when it is claimed', async () => {
      await define(other, [ask('work')]);
      await define(one, [calling()]);
      await work.jobs.pauseQueue(`run:${other}`, true);
      const id = await start(one);
      await parked(id);
      // As if the process had ended before it cancelled the run.
      await work.jobs.transact(({ run }) => run(`update foz.runs set ended_at = now() where id = ?`, [id]));
      await work.jobs.pauseQueue(`run:${other}`, false);
      const [child] = await runsOf(other);
      expect(await ended(child!.id)).toMatchObject({ state: 'cancelled' });
      expect(calls).toEqual([]);
    });

    test('a workflow that calls itself without end is bounded', async () => {
      await define(one, [{ id: 'again', kind: 'call', workflow: one }]);
      const { state, error } = await outcome(one);
      expect([state, error.code]).toEqual(['failed', 'limit-exceeded']);
      expect(await runsOf(one)).toHaveLength(21);
    });

    test('a run that would wait for its own key fails instead', async () => {
      await define(one, [{ id: 'again', kind: 'call', workflow: one }], { key: 'k' });
      expect(await outcome(one)).toMatchObject({ state: 'failed', error: { code: 'data-exception' } });
    });

    test('a paused caller looks when it is resumed', async () => {
      await define(other, [ask('work')]);
      await define(one, [calling()]);
      await work.jobs.pauseQueue(`run:${other}`, true);
      const id = await start(one);
      await parked(id);
      await work.runs.pause(id);
      await work.jobs.pauseQueue(`run:${other}`, false);
      await ended((await runsOf(other))[0]!.id);
      await sleep(200);
      expect((await work.runs.show(id))!.state).toBe('paused');
      await work.runs.resume(id);
      expect(await ended(id)).toMatchObject({ state: 'done' });
    });
  });

  test('a retry does again what was undone after the failure', async () => {
    let fails = true;
    answer = async ({ variables }) => {
      if (variables.step === 'last' && fails) throw new Error('no');
      return { data: null };
    };
    const each = {
      id: 'each',
      kind: 'forEach',
      items: [1, 2],
      steps: [ask('pay', { compensate: [ask('refund')] })],
    };
    await define(one, [ask('first'), each, ask('last')]);
    const id = await start(one);
    expect(JSON.parse((await ended(id)).error!)).toMatchObject({ compensated: ['each/1/pay', 'each/0/pay'] });
    expect(calls).toEqual(['first', 'pay', 'pay', 'last', 'refund', 'refund']);
    fails = false;
    await work.runs.retry(id, null);
    expect((await ended(id)).state).toBe('done');
    expect(calls.slice(6)).toEqual(['pay', 'pay', 'last']);
  });

  test('a retry leaves alone what failed and was handled', async () => {
    let isDown = true;
    answer = async ({ variables }) => {
      if (variables.step === 'charge') throw new Error('card refused \0');
      if (variables.step === 'mail' && isDown) throw new Error('no mail \0');
      return { data: variables.step };
    };
    const steps = [
      ask('first', { compensate: [ask('undo')] }),
      ask('charge', { onError: [ask('invoice')], compensate: [ask('never')] }),
      ask('mail'),
    ];
    await define(one, steps, { output: '{% steps.charge %}' });
    const id = await start(one);
    expect((await ended(id)).state).toBe('failed');
    expect(calls.splice(0)).toEqual(['first', 'charge', 'invoice', 'mail', 'undo']);
    isDown = false;
    await work.runs.retry(id, null);
    expect(await ended(id)).toMatchObject({ state: 'done', output: '"invoice"' });
    expect(calls.splice(0)).toEqual(['first', 'mail']);
    // A step of the handling can be done again, with all that began after it: what was undone was done anew.
    await work.runs.retry(id, 'charge/onError/invoice');
    expect(await ended(id)).toMatchObject({ state: 'done', output: '"invoice"' });
    expect(calls).toEqual(['first', 'invoice', 'mail']);
  });

  test('a retry begins the time of the run and of the steps around anew, and a pause does not count', async () => {
    const age = (id: string) =>
      work.jobs.transact(async ({ run }) => {
        for (const sql of [
          `update foz.runs set at = at - interval '1 hour', timed_from = timed_from - interval '1 hour' where id = ?`,
          `update foz.run_steps set started_at = started_at - interval '1 hour' where run = ?`,
        ])
          await run(sql, [id]);
      });
    let isDown = true;
    answer = async ({ variables }) => {
      if (variables.step === 'in' && isDown) throw new Error('down');
      return { data: null };
    };
    const limit = { timeoutMs: 600_000 };
    const around = { id: 'p', kind: 'parallel', branches: { b: [ask('before'), ask('in')] }, ...limit };
    await define(one, [around], limit);
    const id = await start(one);
    expect((await ended(id)).state).toBe('failed');
    await age(id);
    isDown = false;
    await work.runs.retry(id, null);
    expect(await ended(id)).toMatchObject({ state: 'done', error: null });
    await age(id);
    await work.runs.retry(id, 'p/b/in');
    expect(await ended(id)).toMatchObject({ state: 'done', error: null });
    const waits = [{ id: 'w', kind: 'waitFor', signal: one }];
    await define(other, [{ id: 'p', kind: 'parallel', branches: { b: waits }, ...limit }], limit);
    const paused = await start(other);
    await parked(paused);
    await work.runs.pause(paused);
    await age(paused);
    await work.jobs.transact(({ run }) =>
      run(`update foz.runs set paused_at = paused_at - interval '1 hour' where id = ?`, [paused]),
    );
    await work.runs.resume(paused);
    await work.runner.signal(one, null, 1);
    expect(await ended(paused)).toMatchObject({ state: 'done', error: null });
  });

  test('a run that another one has waited for is retried by itself', async () => {
    let isDown = true;
    answer = async () => {
      if (isDown) throw new Error('down');
      return { data: 1 };
    };
    await define(other, [ask('a')]);
    await define(one, [calling()]);
    expect((await ended(await start(one))).state).toBe('failed');
    const [child] = await runsOf(other);
    isDown = false;
    await work.runs.retry(child!.id, null);
    expect(await ended(child!.id)).toMatchObject({ state: 'done', output: '1' });
  });

  describe('waitFor', () => {
    const waiting = (more: object = {}) => ({
      id: 'w',
      kind: 'waitFor',
      signal: one,
      key: '{% input %}',
      ...more,
    });

    test('goes on with the signal of its key, whether it comes later or came before', async () => {
      await define(one, [waiting(), ask('after')], { output: '{% steps.w %}' });
      const id = await start(one, 17);
      await parked(id);
      expect(await work.runner.signal(one, 18, 'wrong')).toBe(true);
      expect(await work.runner.signal(one, 17, { paid: true }, `${one} a`)).toBe(true);
      expect(await work.runner.signal(one, 17, 'again', `${one} a`)).toBe(false);
      expect(await ended(id)).toMatchObject({ state: 'done', output: '{"paid":true}' });
      expect(await outcome(one, 18)).toMatchObject({ state: 'done', output: 'wrong' });
      expect(calls).toEqual(['after', 'after']);
    });

    test('each signal ends one wait, the one that began first', async () => {
      await define(one, [waiting()]);
      const first = await start(one, 'k');
      await parked(first);
      const second = await start(one, 'k');
      await parked(second);
      await work.runner.signal(one, 'k', 1);
      expect(await ended(first)).toMatchObject({ output: '1' });
      expect((await work.runs.show(second))!.state).toBe('active');
      await work.runner.signal(one, 'k', 2);
      expect(await ended(second)).toMatchObject({ output: '2' });
    });

    test('a wait that is over leaves its signal to the next one', async () => {
      const onError = [{ id: 'e', kind: 'transform', value: 'too late' }];
      await define(one, [waiting({ timeoutMs: 200, onError })]);
      expect(await outcome(one, 'k')).toMatchObject({ output: 'too late' });
      await work.runner.signal(one, 'k', 1);
      expect(await outcome(one, 'k')).toMatchObject({ output: 1 });
      const id = await start(one, 'c');
      await parked(id);
      await work.runs.cancel(id);
      await work.runner.signal(one, 'c', 2);
      expect(await outcome(one, 'c')).toMatchObject({ output: 2 });
    });

    test('a wait whose enclosing step has no more time takes no signal, and a run that it called is cancelled', async () => {
      await define(other, [{ id: 'd', kind: 'delay', ms: 600_000 }]);
      const around = {
        ...{ id: 'p', kind: 'parallel', branches: { w: [waiting()], c: [calling()] }, timeoutMs: 1_000 },
        onError: [{ id: 'late', kind: 'transform', value: null }],
      };
      await define(one, [around, waiting({ id: 'second' })]);
      const id = await start(one, 'k');
      await shown(
        id,
        ({ activity, steps }) => activity === 'waiting' && steps.some(({ path }) => path === 'second'),
      );
      const [child] = await runsOf(other);
      expect((await ended(child!.id)).state).toBe('cancelled');
      await work.runner.signal(one, 'k', 'for the second');
      expect(await ended(id)).toMatchObject({ state: 'done', output: '"for the second"' });
    });

    test('a parked run has no waits but those of its steps', async () => {
      await define(one, [{ id: 'd', kind: 'delay', ms: 200 }, waiting()]);
      const run = await start(one, 'y');
      await parked(run);
      await work.jobs.transact((transaction) =>
        transaction.run('insert into foz.run_waits (id, run, name, key) values (?, ?, ?, ?)', [
          ...[`${one} stale`, run, one, 'y'],
        ]),
      );
      await shown(
        run,
        ({ activity, steps }) => activity === 'waiting' && steps.some(({ path }) => path === 'w'),
      );
      await work.runner.signal(one, 'y', 1);
      expect(await ended(run)).toMatchObject({ state: 'done', output: '1' });
    });

    test('no signal is missed, however it meets the parking of the run', async () => {
      await define(one, [waiting()]);
      const keys = Array.from({ length: 60 }, (_, index) => index);
      const ids = await Promise.all(
        keys.map(async (key) => {
          const id = start(one, key);
          await sleep(key % 7);
          await work.runner.signal(one, key, key);
          return id;
        }),
      );
      for (const [key, id] of ids.entries()) expect(await ended(id)).toMatchObject({ output: String(key) });
    });

    test('goes on while another branch works', async () => {
      let goOn: () => void = () => {};
      answer = async ({ variables }) => {
        if (variables.step === 'long')
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
        return { data: null };
      };
      await define(one, [
        { id: 'p', kind: 'parallel', branches: { long: [ask('long')], short: [waiting(), ask('short')] } },
      ]);
      const id = await start(one, 1);
      await until(() => calls.includes('long'));
      await work.runner.signal(one, 1, null);
      await until(() => calls.includes('short'));
      goOn();
      expect((await ended(id)).state).toBe('done');
    });

    test('signals and waits are removed with old runs', async () => {
      await define(one, [waiting()]);
      await work.runner.signal(one, 'never', 1);
      const id = await start(one, 'waits');
      await parked(id);
      await work.runs.removeOld(-1);
      const number = async (table: string) =>
        (await work.jobs.transact(({ run }) => run(`select 1 from foz.${table} where name = ?`, [one])))
          .length;
      expect([await number('run_signals'), await number('run_waits')]).toEqual([0, 1]);
      await work.runs.cancel(id);
      await work.runs.removeOld(-1);
      expect(await number('run_waits')).toBe(0);
    });

    test('a key has a bound', async () => {
      await expect(work.runner.signal(one, 'x'.repeat(2_000), null)).rejects.toMatchObject({
        code: 'data-exception',
      });
      await work.runner.signal("'; drop table foz.runs; --", { a: ['ü', 1] }, null);
    });
  });

  describe('while and until', () => {
    test('repeats while the condition holds, at most as often as allowed', async () => {
      answer = async ({ variables }) => ({ data: { next: (variables.at as number) < 3 } });
      const page = { ...ask('page'), variables: { step: 'page', at: '{% index %}' } };
      const loop = {
        id: 'loop',
        kind: 'while',
        if: '{% index = 0 or steps.page.next %}',
        steps: [page],
        most: 10,
      };
      await define(one, [loop]);
      const id = await start(one);
      expect((await ended(id)).output).toBe('{"next":false}');
      expect(calls).toHaveLength(4);
      const paths = (await work.runs.show(id))!.steps.map(({ path }) => path);
      expect(paths.slice(0, 4)).toEqual(['loop', 'loop/0/#if', 'loop/0/page', 'loop/1/#if']);
      await define(one, [{ ...loop, most: 2 }]);
      expect(await outcome(one)).toMatchObject({
        state: 'failed',
        error: { code: 'limit-exceeded', step: 'loop' },
      });
      await define(one, [{ ...loop, if: false }]);
      expect(await outcome(one)).toMatchObject({ state: 'done', output: null });
    });

    test('a decision is not made again after a wait', async () => {
      const steps = [{ id: 'd', kind: 'delay', ms: 100 }, ask('a')];
      await define(one, [{ id: 'loop', kind: 'while', if: '{% $random() < 0.5 %}', steps, most: 1_000 }]);
      for (let times = 0; times < 4; times++) {
        const { steps: done } = await ended(await start(one));
        const decisions = done.filter(({ path }) => path.endsWith('#if')).map(({ output }) => output);
        expect(decisions.slice(0, -1).every((output) => output === 'true')).toBe(true);
        expect(done.filter(({ kind: of }) => of === 'graphql')).toHaveLength(decisions.length - 1);
      }
    });

    test('waits until a time', async () => {
      await define(one, [{ id: 'u', kind: 'until', at: '{% input %}' }]);
      const at = Date.now() + 1_500;
      expect(await outcome(one, new Date(at).toISOString())).toMatchObject({ state: 'done' });
      expect(Date.now()).toBeGreaterThanOrEqual(at - 50);
      expect(await outcome(one, '2020-01-01T00:00:00+02:00')).toMatchObject({ state: 'done' });
      for (const wrong of ['2027-01-01T00:00:00', '2027-13-01T00:00Z', 'tomorrow', 5, '9999-01-01T00:00Z'])
        expect(await outcome(one, wrong)).toMatchObject({
          state: 'failed',
          error: { code: 'data-exception' },
        });
    });
  });

  describe('respond', () => {
    test('whoever waits for the run gets the response while the run goes on', async () => {
      let goOn: () => void = () => {};
      answer = async () => {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        return { data: 'end' };
      };
      const first = {
        id: 'r',
        kind: 'respond',
        status: 201,
        headers: { 'x-n': 1 },
        body: { n: '{% input %}' },
      };
      await define(one, [first, { id: 'r2', kind: 'respond' }, ask('after')]);
      const id = await start(one, 7);
      const response = { status: 201, headers: { 'x-n': '1' }, body: { n: 7 } };
      expect(await work.runner.answer(id, 60_000)).toEqual({ kind: 'response', response });
      expect((await work.runs.show(id))!.state).toBe('active');
      await until(() => calls.length === 1);
      goOn();
      await ended(id);
      expect(await work.runner.answer(id, 0)).toEqual({ kind: 'response', response });
    });

    test('without a response the end of the run is the answer, and none in time is none', async () => {
      await define(one, [{ id: 't', kind: 'transform', value: 5 }]);
      expect(await work.runner.answer(await start(one), 60_000)).toEqual({ kind: 'done', output: 5 });
      await define(one, [{ id: 'f', kind: 'fail', message: 'no' }]);
      expect(await work.runner.answer(await start(one), 60_000)).toMatchObject({ kind: 'failed' });
      await define(one, [{ id: 'd', kind: 'delay', ms: 60_000 }]);
      const id = await start(one);
      expect(await work.runner.answer(id, 50)).toBeNull();
      const aborted = AbortSignal.abort();
      expect(await work.runner.answer(id, 60_000, aborted)).toBeNull();
      await work.runs.cancel(id);
    });

    test.each([
      { status: 99 },
      { status: '{% "200" %}' },
      { headers: { a: 'b\r\nc: d' } },
      { headers: { 'a b': 1 } },
    ])('the response %j is refused', async (response) => {
      await define(one, [{ id: 'r', kind: 'respond', ...response }]);
      expect(await outcome(one)).toMatchObject({ state: 'failed', error: { code: 'data-exception' } });
    });
  });
}
