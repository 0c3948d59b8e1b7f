import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../../src/core/index.ts';
import type { OtherWorker } from '../../src/store/index.ts';
import { GroupCommit, retryDelay } from '../../src/workflow/index.ts';
import { Silence } from '../../src/workflow/jobs/silence.ts';

describe('a group commit', () => {
  test('writes together what arrives during a transaction', async () => {
    const groups: number[][] = [];
    const commits = new GroupCommit<number, number>({
      commit: async (entries) => {
        groups.push([...entries]);
        await sleep(20);
        return entries.map((entry) => entry * 2);
      },
      most: 3,
    });
    const first = commits.add(1);
    await sleep(5);
    expect(await Promise.all([first, ...[2, 3, 4, 5].map((entry) => commits.add(entry))])).toEqual([
      2, 4, 6, 8, 10,
    ]);
    expect(groups).toEqual([[1], [2, 3, 4], [5]]);
  });

  test('an entry that cannot be written fails alone', async () => {
    const commits = new GroupCommit<number, number>({
      commit: async (entries) => {
        if (entries.includes(2)) throw new Error('not 2');
        return entries;
      },
    });
    const results = await Promise.allSettled([1, 2, 3].map((entry) => commits.add(entry)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('entries wait for a store that does not answer, until it is closed', async () => {
    let failures = 3;
    const told: unknown[] = [];
    const commits = new GroupCommit<number, number>({
      commit: async (entries) => {
        if (failures-- > 0) throw new FozError('unavailable', 'gone');
        return entries;
      },
      failed: (error) => told.push(error),
    });
    expect(await commits.add(1)).toBe(1);
    expect(told).toHaveLength(1);
    failures = Infinity;
    const waiting = commits.add(2);
    await sleep(5);
    commits.close();
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
  });
});

test('a worker is silent after heartbeats of another one during which it had none', () => {
  const silence = new Silence(2);
  const beats = (...numbers: number[]): OtherWorker[] =>
    numbers.map((beat, index) => ({ id: `w${index}`, beat }));
  const silent = (...numbers: number[]) => silence.observe(beats(...numbers)).map(({ id }) => id);
  expect(silent(5, 7)).toEqual([]);
  expect(silent(5, 8)).toEqual([]);
  expect(silent(5, 8)).toEqual(['w0']);
  expect(silent(6, 8)).toEqual(['w1']);
  // While the store did not answer, nobody could record a heartbeat.
  silence.reset();
  expect(silent(6, 8)).toEqual([]);
});

test('delays grow up to a limit, with a random part', () => {
  const backOff = { firstMs: 100, factor: 2, longestMs: 1_000, jitter: 0.5 };
  expect([1, 2, 3, 4, 5, 99].map((attempts) => retryDelay(attempts, backOff, () => 0))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ]);
  expect(retryDelay(3, backOff, () => 1)).toBe(200);
});
