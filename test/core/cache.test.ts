import { CacheBudget, type CacheShare } from '../../src/core/index.ts';

const fill = (share: Pick<CacheShare<number>, 'set'>, from: number, to: number, bytes = 10) => {
  for (let at = from; at < to; at++) share.set(`k${at}`, at, bytes);
};

test('a budget is never exceeded, and what was used least recently goes first', () => {
  const budget = new CacheBudget('test', 1000);
  const share = budget.share<number>();
  for (let at = 0; at < 1000; at++) {
    share.set(`k${at}`, at, 1 + (at % 40));
    expect(share.get('k0')).toBe(0);
    expect(budget.state.bytes).toBeLessThanOrEqual(1000);
    expect(budget.state.bytes).toBe(share.bytes);
  }
  expect(share.get('k1')).toBeUndefined();
  expect(share.get('k999')).toBe(999);
  const { entries, evictions } = budget.state;
  expect(entries + evictions).toBe(1000);
});

test('a flood of one does not empty the caches of the others', () => {
  const budget = new CacheBudget('test', 1600);
  const [quiet, other, flooded] = [budget.share<number>(), budget.share<number>(), budget.share<number>()];
  fill(quiet, 0, 40);
  fill(other, 0, 5);
  fill(flooded, 0, 10_000);
  expect(quiet.size).toBe(40);
  expect(other.size).toBe(5);
  expect(budget.state.bytes).toBeLessThanOrEqual(1600);
  // Two caches that are both full share the budget that the others leave.
  const second = budget.share<number>();
  fill(second, 0, 10_000);
  expect(quiet.size).toBe(40);
  expect(other.size).toBe(5);
  expect(Math.abs(flooded.bytes - second.bytes)).toBeLessThanOrEqual(10);
});

test('an entry that is too large is not kept, and drops nothing but what stood in its place', () => {
  const budget = new CacheBudget('test', 1600);
  const share = budget.share<string>();
  share.set('small', 'a', 10);
  share.set('grows', 'b', 100);
  share.set('grows', 'c', 101);
  expect(share.get('grows')).toBeUndefined();
  expect(share.get('small')).toBe('a');
  expect(budget.state).toMatchObject({ name: 'test', bytes: 10, entries: 1, evictions: 0 });
});

test('the same value with another size counts with that size', () => {
  const budget = new CacheBudget('test', 1600);
  const share = budget.share<object>();
  const value = {};
  share.set('a', value, 10);
  share.set('a', value, 90);
  expect(budget.state.bytes).toBe(90);
  share.delete('a');
  expect(budget.state).toMatchObject({ name: 'test', bytes: 0, entries: 0, evictions: 0 });
});

test('a closed share releases its bytes and keeps nothing more', () => {
  const budget = new CacheBudget('test', 1600);
  const [one, other] = [budget.share<number>(), budget.share<number>()];
  fill(one, 0, 20);
  fill(other, 0, 1);
  one.close();
  fill(one, 0, 20);
  expect(one.size).toBe(0);
  expect(budget.state).toMatchObject({ bytes: 10, entries: 1 });
});

test('a number of entries holds within the bytes', () => {
  const budget = new CacheBudget('test', 16_000);
  const share = budget.share<number>(3);
  fill(share, 0, 10);
  expect([...share.values()]).toEqual([9, 8, 7]);
  expect(budget.state).toMatchObject({ name: 'test', bytes: 30, entries: 3, evictions: 7 });
});
