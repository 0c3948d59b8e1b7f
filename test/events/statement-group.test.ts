import { setImmediate as turn } from 'node:timers/promises';
import { FozError, RequestEnd } from '../../src/core/index.ts';
import { type PlannedSubscription, RunSlots } from '../../src/events/index.ts';
import { StatementGroup } from '../../src/events/live/statement-group.ts';
import { StatementGroups } from '../../src/events/live/statement-groups.ts';
import { StatementSize } from '../../src/events/live/statement-size.ts';
import { answerErrors, type EngineAnswer, type LiveRun } from '../../src/execute/index.ts';
import { until } from '../support/wait.ts';

/** Queries of one plan on a database that answers each with its name. */
function database({ slots: most = 10 }: { readonly slots?: number } = {}) {
  const slots = new RunSlots(most);
  const size = new StatementSize();
  size.ranSeparately(5);
  while (size.queries < 16) size.ranTogether(size.queries, 1, 0);
  const group = new StatementGroup(slots, size);
  /** The names of the queries of each shared statement, and of those that ran alone. */
  const shared: string[][] = [];
  const alone: string[] = [];
  let gate = Promise.resolve();
  const held = new Set<string>();
  const given = {
    /** Queries whose values the database refuses. */
    bad: new Set<string>(),
    /** Whether every shared statement fails. */
    fails: false,
    /** Characters of an answer. */
    length: 1,
    limits: { timeoutMs: null as number | null, answerBytes: null as number | null },
  };
  const sets = {
    async run(all: readonly { readonly variables: { readonly name: string } }[]) {
      const names = all.map(({ variables }) => variables.name);
      shared.push(names);
      await gate;
      if (given.fails || names.some((name) => given.bad.has(name)))
        throw new FozError('data-exception', 'The database refuses a value.');
      return names.map((name) => name.padEnd(given.length, '.'));
    },
  };
  const query = (name: string, caller = 'caller', end = new RequestEnd()) => ({
    planned: {
      live: {
        shared: {
          sets,
          bindings: { variables: { name } },
          answer: (json: string): EngineAnswer => ({ json, kind: 'data', errors: [] }),
        },
        async run(run: LiveRun): Promise<EngineAnswer> {
          alone.push(name);
          await gate;
          if (given.bad.has(name))
            return answerErrors([new FozError('data-exception', `${name} is wrong.`)], 'data', false);
          const json = name.padEnd(given.length, '.');
          if (run.held !== undefined && json.length > run.held.limit)
            return answerErrors([new FozError('limit-exceeded', `${name} is too long.`)], 'data', false);
          return { json, kind: 'data', errors: [] };
        },
      },
      subscriber: {
        name: caller,
        limits: () => given.limits,
        hold() {
          held.add(name);
          return { grow: () => null, set() {}, release: () => held.delete(name) };
        },
      },
    } as unknown as PlannedSubscription,
    end,
    begin: () => !end.aborted,
  });
  const block = () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  };
  const texts = async (queries: readonly ReturnType<typeof query>[]) =>
    (await Promise.all(queries.map((one) => group.run(one)))).map((answer) => answer?.json ?? null);
  return { slots, group, query, given, shared, alone, held, block, texts };
}

const letters = (count: number) => Array.from({ length: count }, (_, n) => `q${n}`);

test('queries that are due in one turn share a statement, and each gets its own answer', async () => {
  const { query, texts, shared, alone, held } = database();
  expect(await texts(letters(10).map((name) => query(name)))).toEqual(letters(10));
  expect([shared, alone]).toEqual([[letters(10)], []]);
  expect(held.size).toBe(0);
});

test('a query alone runs as ever', async () => {
  const { query, texts, shared, alone } = database();
  expect(await texts([query('a')])).toEqual(['a']);
  expect([shared, alone]).toEqual([[], ['a']]);
});

test('where the statement fails each runs on its own; the one that fails stays alone until it succeeds', async () => {
  const { query, texts, given, shared, alone } = database();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => query(name)) as [
    ReturnType<typeof query>,
    ReturnType<typeof query>,
    ReturnType<typeof query>,
  ];
  given.bad.add('b');
  const [first, second, third] = await texts([a, b, c]);
  expect([first, third]).toEqual(['a', 'c']);
  expect(second).toContain('b is wrong');
  expect(shared).toEqual([['a', 'b', 'c']]);
  expect(alone.sort()).toEqual(['a', 'b', 'c']);
  await texts([a, b]);
  await texts([a, c, b]);
  expect(shared.slice(1).every((names) => !names.includes('b'))).toBe(true);
  given.bad.clear();
  await texts([a, b, c]);
  await texts([a, b, c]);
  expect(shared.at(-1)).toContain('b');
});

test('after a statement that fails although every query succeeds, they run alone for a time', async () => {
  const { query, texts, given, shared } = database();
  const all = letters(4).map((name) => query(name));
  given.fails = true;
  expect(await texts(all)).toEqual(letters(4));
  expect(await texts(all)).toEqual(letters(4));
  expect(shared).toHaveLength(1);
});

test('an answer that is too long for its caller is refused by a run of its own, beside shorter limits of none', async () => {
  const { query, texts, given, alone, held } = database();
  given.length = 100;
  given.limits = { timeoutMs: null, answerBytes: 99 };
  const found = await texts([query('a'), query('b')]);
  expect(found.map((text) => text?.includes('is too long'))).toEqual([true, true]);
  expect(alone.sort()).toEqual(['a', 'b']);
  expect(held.size).toBe(0);
});

test('callers take turns within a statement, so one with many queries does not delay another', async () => {
  const { group, query, shared, block } = database({ slots: 1 });
  const open = block();
  const first = group.run(query('first', 'greedy'));
  await turn();
  const others = [
    ...letters(100).map((name) => group.run(query(name, 'greedy'))),
    group.run(query('other', 'modest')),
  ];
  await turn();
  open();
  await Promise.all([first, ...others]);
  expect(shared[0]).toContain('other');
});

test('queries that have ended meanwhile are left out', async () => {
  const { query, texts, shared } = database();
  const end = new RequestEnd();
  const ended = query('ended', 'caller', end);
  end.abort();
  expect(await texts([query('a'), ended, query('b')])).toEqual(['a', null, 'b']);
  expect(shared).toEqual([['a', 'b']]);
});

test('statements grow while they are fast, up to 500 queries', async () => {
  const { query, texts, shared } = database();
  const all = letters(3000).map((name) => query(name));
  await texts(all);
  await texts(all);
  expect(shared.flat()).toHaveLength(6000);
  expect(Math.max(...shared.map((names) => names.length))).toBeLessThanOrEqual(500);
});

test('a statement that takes long gets fewer queries the next time', async () => {
  const { group, query, shared, block } = database();
  const open = block();
  const running = letters(16).map((name) => group.run(query(name)));
  await until(() => shared.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 120));
  open();
  await Promise.all(running);
  await Promise.all(letters(16).map((name) => group.run(query(name))));
  expect(shared[1]!.length).toBeLessThanOrEqual(8);
});

test('a query does not wait for the other runs of the caller that was first', async () => {
  const { slots, group, query } = database();
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = Array.from({ length: 5 }, () => slots.run('greedy', () => released));
  const first = group.run(query('first', 'greedy'));
  await turn();
  expect((await group.run(query('other', 'modest')))?.json).toBe('other');
  release();
  await Promise.all([...slow, first]);
});

test('subscribers who leave during a statement do not end the sharing', async () => {
  const { group, query, texts, shared, block, given } = database();
  const open = block();
  const ends = letters(4).map(() => new RequestEnd());
  const left = ends.map((end, n) => group.run(query(`left ${n}`, 'caller', end)));
  await until(() => shared.length === 1);
  for (const end of ends) end.abort();
  given.fails = true;
  open();
  expect(await Promise.all(left)).toEqual([null, null, null, null]);
  given.fails = false;
  await texts(letters(4).map((name) => query(name)));
  expect(shared).toEqual([expect.anything(), letters(4)]);
});

test('queries with many parameters get statements of their own', async () => {
  const { group, query, shared } = database();
  const long = letters(6).map((name) => {
    const one = query(name);
    return { ...one, planned: { ...one.planned, live: { ...one.planned.live, key: 'k'.repeat(400_000) } } };
  });
  await Promise.all(long.map((one) => group.run(one as typeof one & ReturnType<typeof query>)));
  expect(shared.map((names) => names.length)).toEqual([3, 3]);
});

test('a new query with a wrong value does not fail the statement of those that have had answers', async () => {
  const { slots, query, shared, given } = database();
  const groups = new StatementGroups(slots);
  const [a, b] = [query('a'), query('b')];
  await Promise.all([groups.run(a), groups.run(b)]);
  given.bad.add('c');
  const answers = await Promise.all([a, b, query('c')].map((one) => groups.run(one)));
  expect(answers.map((answer) => answer?.errors.length)).toEqual([0, 0, 1]);
  expect(shared).toEqual([['a', 'b']]);
});
