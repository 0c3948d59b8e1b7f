import { OwnedCache } from '../../src/core/index.ts';

test('entries are found without their owner, and bytes are counted over all owners', () => {
  const cache = new OwnedCache<number>('test', 1_000_000);
  cache.set('a', 1, 'clerk', 100);
  cache.set('b', 2, 'boss', 100);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, 2, undefined]);
  expect(cache.state).toMatchObject({ name: 'test', entries: 2, evictions: 0 });
  expect(cache.state.bytes).toBeGreaterThan(600);
  expect([...cache.entries()]).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
  expect([cache.delete('a'), cache.delete('a'), cache.get('a')]).toEqual([true, false, undefined]);
  cache.delete('b');
  expect(cache.state).toMatchObject({ name: 'test', bytes: 0, entries: 0, evictions: 0 });
});

test('the flood of one owner drops entries of that owner alone', () => {
  const cache = new OwnedCache<number>('test', 100_000);
  for (let at = 0; at < 20; at++) cache.set(`quiet ${at}`, at, 'clerk', 100);
  for (let at = 0; at < 5_000; at++) {
    cache.set(`flood ${at}`, at, 'anonymous', 100);
    expect(cache.state.bytes).toBeLessThanOrEqual(100_000);
  }
  for (let at = 0; at < 20; at++) expect(cache.get(`quiet ${at}`)).toBe(at);
  expect(cache.get('flood 0')).toBeUndefined();
  expect(cache.get('flood 4999')).toBe(4999);
  expect(cache.state.entries + cache.state.evictions).toBe(5_020);
});

test('a limit of entries holds for all owners together, and the largest owner loses entries', () => {
  const cache = new OwnedCache<number>('test', 1_000_000, 10);
  for (let at = 0; at < 4; at++) cache.set(`quiet ${at}`, at, 'clerk', 1);
  for (let at = 0; at < 50; at++) cache.set(`flood ${at}`, at, 'anonymous', 1);
  expect([...cache.values()].sort((left, right) => left - right)).toEqual([
    0, 1, 2, 3, 44, 45, 46, 47, 48, 49,
  ]);
  expect(cache.state).toMatchObject({ entries: 10, evictions: 44 });
});

test('an entry may get another owner, another value, or become too large', () => {
  const cache = new OwnedCache<string>('test', 16_000);
  cache.set('a', 'first', 'clerk', 10);
  cache.set('a', 'second', 'boss', 20);
  expect(cache.get('a')).toBe('second');
  expect(cache.state.entries).toBe(1);
  cache.set('a', 'third', 'boss', 20);
  expect(cache.get('a')).toBe('third');
  cache.set('a', 'large', 'boss', 2_000);
  expect(cache.get('a')).toBeUndefined();
  expect(cache.state).toMatchObject({ name: 'test', bytes: 0, entries: 0, evictions: 0 });
  cache.set('a', 'again', 'boss', 20);
  expect(cache.get('a')).toBe('again');
});
