import { setImmediate as turn } from 'node:timers/promises';
import { type ErrorCode, FozError, type HeldBytes } from '../../src/core/index.ts';
import { type LiveContext, LiveQueries, type PlannedSubscription, RunSlots } from '../../src/events/index.ts';
import { answerErrors, type EngineAnswer } from '../../src/execute/index.ts';
import { until } from '../support/wait.ts';

describe('slots of runs', () => {
  /** `start`: starts runs of a caller; `end`: ends the oldest run; `begun`: the callers of the runs that have begun. */
  function slots(most: number) {
    const all = new RunSlots(most);
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const start = (caller: string, count: number) => {
      for (let n = 0; n < count; n++)
        void all.run(caller, async () => {
          begun.push(caller);
          await new Promise<void>((resolve) => ends.push(resolve));
        });
    };
    const end = async () => {
      ends.shift()!();
      await turn();
    };
    return { begun, start, end };
  }

  test('a caller takes half of them, however many runs it has', () => {
    const { begun, start } = slots(4);
    start('greedy', 20);
    expect(begun).toEqual(['greedy', 'greedy']);
    start('other', 1);
    expect(begun).toEqual(['greedy', 'greedy', 'other']);
  });

  test('callers whose runs wait take turns', async () => {
    const { begun, start, end } = slots(2);
    start('a', 10);
    start('b', 10);
    start('c', 2);
    for (let n = 0; n < 8; n++) await end();
    expect(begun.slice(2).sort()).toEqual(['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c']);
  });

  test('every run gets its turn, and a failed one frees its slot', async () => {
    const all = new RunSlots(3);
    let ran = 0;
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) =>
        all.run(`caller ${n % 4}`, async () => {
          ran++;
          await turn();
          if (n % 3 === 0) throw new Error('failed');
        }),
      ),
    );
    expect(ran).toBe(50);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(17);
  });
});

/** Subscriptions over one query, whose answers the test makes. */
function subscriptions({ batchSize = null }: { readonly batchSize?: number | null } = {}) {
  let touch = () => {};
  let text = 'a';
  let runs = 0;
  let holds = 0;
  let gate = Promise.resolve();
  let code: ErrorCode | null = null;
  const limits = { timeoutMs: null as number | null, answerBytes: 1_000_000 };
  const seen: number[] = [];
  const context: LiveContext = {
    slots: new RunSlots(4),
    intervalMs: 0,
    watch: (_, watcher) => {
      touch = () => watcher.touch();
      return { ready: Promise.resolve(), stop() {} };
    },
    changes: () => Promise.reject(new Error('These subscriptions ask for no changes.')),
    onDrift: async () => {},
    onDeltaFailure(error) {
      throw error;
    },
  };
  const planned = (engine: object, name = ''): PlannedSubscription =>
    ({
      engine,
      live: {
        key: batchSize === null ? 'key' : null,
        changes: null,
        batchSize,
        rowKeys: { key: null, fields: new Map() },
        shared: null,
        async run(
          { held, onBatch }: { held: HeldBytes; onBatch?: (position: string, rows: number) => void },
          after: string | null,
        ): Promise<EngineAnswer> {
          runs++;
          seen.push(held.limit);
          await gate;
          if (code !== null) return answerErrors([new FozError(code, 'It failed.')], 'data', false);
          onBatch?.(String(Number(after ?? 0) + 1), 1);
          return { json: `${name}${text}${after ?? ''}`, kind: 'data', errors: [] };
        },
      },
      subscriber: {
        name: 'caller',
        limits: () => limits,
        hold: () => {
          holds++;
          return { grow: () => null, set() {}, release: () => holds-- };
        },
      },
    }) as unknown as PlannedSubscription;
  const live = new LiveQueries(context);
  return {
    live,
    planned,
    limits,
    seen,
    change(to: string) {
      text = to;
      touch();
    },
    /** The runs fail from now on; `null`: they succeed. */
    fail(by: ErrorCode | null) {
      code = by;
      touch();
    },
    block() {
      let open = () => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return open;
    },
    get runs() {
      return runs;
    },
    get holds() {
      return holds;
    },
  };
}

const long = (letter: string) => letter.repeat(100_000);

test('a long answer is not kept for a subscriber that reads nothing: it is read again when it asks', async () => {
  const all = subscriptions();
  const answers = all.live.subscribe(() => all.planned(engine));
  expect((await answers.next()).value?.json).toBe('a');
  for (const letter of ['b', 'c', 'd']) {
    const before = all.runs;
    all.change(long(letter));
    await until(() => all.runs > before);
    await turn();
  }
  const before = all.runs;
  expect((await answers.next()).value?.json).toBe(long('d'));
  expect(all.runs).toBeGreaterThan(before);
  // A short answer is kept, also after a long one that was missed.
  all.change(long('e'));
  await until(() => all.runs > before + 1);
  all.change('d');
  await until(() => all.runs > before + 2);
  await turn();
  expect((await answers.next()).value?.json).toBe('d');
  await answers.return!();
});

test('an answer that equals the last one is sent where another one was missed in between', async () => {
  const all = subscriptions();
  const answers = all.live.subscribe(() => all.planned(engine));
  await answers.next();
  all.change('b');
  await until(() => all.runs === 2);
  await turn();
  all.change(long('c'));
  await until(() => all.runs === 3);
  await turn();
  all.change('b');
  await until(() => all.runs === 4);
  expect((await answers.next()).value?.json).toBe('b');
  await answers.return!();
});

test('each run has the present limits of its caller, and releases the bytes that it held', async () => {
  const all = subscriptions();
  const answers = all.live.subscribe(() => all.planned(engine));
  await answers.next();
  all.limits.answerBytes = 5_000;
  all.change('b');
  await answers.next();
  expect(all.seen).toEqual([1_000_000, 5_000]);
  expect(all.holds).toBe(0);
  await answers.return!();
});

test.each([null, 10])(
  'a subscription that is refused ends with the error; one whose database is away goes on (batches of %s)',
  async (batchSize) => {
    const all = subscriptions({ batchSize });
    // Runs of a stream are not shared, so there is one.
    const count = batchSize === null ? 2 : 1;
    const answers = Array.from({ length: count }, () => all.live.subscribe(() => all.planned(engine)));
    for (const one of answers) expect((await one.next()).value?.json).toBe('a');
    const next = answers.map((one) => one.next());
    const before = all.runs;
    all.fail('unavailable');
    await until(() => all.runs > before);
    await turn();
    expect(all.live.subscribers).toBe(count);
    all.fail('access-denied');
    for (const [at, one] of answers.entries()) {
      expect((await next[at])!.value?.errors.map((error) => error.code)).toEqual(['access-denied']);
      expect(await one.next()).toEqual({ value: undefined, done: true });
    }
    expect([all.live.subscribers, all.live.queries]).toEqual([0, 0]);
  },
);

test('a batch that was read before a change of permissions is not sent: it is read again by the new ones', async () => {
  const all = subscriptions({ batchSize: 10 });
  let plan = () => all.planned(engine, 'old ');
  const answers = all.live.subscribe(() => plan());
  expect((await answers.next()).value?.json).toBe('old a');
  const open = all.block();
  all.change('b');
  const next = answers.next();
  await until(() => all.runs === 2);
  plan = () => all.planned({ ...engine }, 'new ');
  all.live.replan();
  open();
  expect((await next).value?.json).toBe('new b1');
  await answers.return!();
});

test('a slow subscriber gets the difference to the answer that it has, not to the one before', async () => {
  const all = subscriptions();
  const answerOf = (value: number) => `{"data":{"value":${value},"text":"${'x'.repeat(200)}"}}`;
  all.change(answerOf(1));
  const quick = all.live.subscribe(() => all.planned(engine), true);
  const slow = all.live.subscribe(() => all.planned(engine), true);
  const plain = all.live.subscribe(() => all.planned(engine));
  for (const answers of [quick, slow]) expect(revisionOf(await answers.next())).toBe(1);
  expect((await plain.next()).value?.json).toBe(answerOf(1));
  for (const value of [2, 3, 4]) {
    all.change(answerOf(value));
    expect(patchOf(await quick.next())).toEqual([{ op: 'replace', path: '/value', value }]);
  }
  const late = await slow.next();
  expect(patchOf(late)).toEqual([{ op: 'replace', path: '/value', value: 4 }]);
  expect(revisionOf(late)).toBe(2);
  expect((await plain.next()).value?.json).toBe(answerOf(4));
  for (const answers of [quick, slow, plain]) await answers.return!();
});

test('after a change of the graph the next answer is whole', async () => {
  const all = subscriptions();
  const answerOf = (value: number) => `{"data":{"value":${value},"text":"${'x'.repeat(200)}"}}`;
  all.change(answerOf(1));
  let plan = () => all.planned(engine);
  const answers = all.live.subscribe(() => plan(), true);
  await answers.next();
  plan = () => all.planned({ ...engine });
  all.live.replan();
  await until(() => all.runs === 2);
  all.change(answerOf(2));
  const next = JSON.parse((await answers.next()).value!.json) as unknown;
  expect(next).toEqual({
    ...(JSON.parse(answerOf(2)) as object),
    extensions: { delta: { revision: 2 } },
  });
  await answers.return!();
});

interface Delta {
  readonly revision: number;
  readonly patch?: readonly unknown[];
}
function deltaOf({ value }: IteratorResult<EngineAnswer, undefined>): Delta {
  return (JSON.parse(value!.json) as { readonly extensions: { readonly delta: Delta } }).extensions.delta;
}
const revisionOf = (result: IteratorResult<EngineAnswer, undefined>) => deltaOf(result).revision;
const patchOf = (result: IteratorResult<EngineAnswer, undefined>) => deltaOf(result).patch;

const engine = { name: 'engine' };
