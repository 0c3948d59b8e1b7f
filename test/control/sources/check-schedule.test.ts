import { CheckSchedule } from '../../../src/views/sources/check-schedule.ts';

/**
 * The milliseconds at which a source is introspected within an hour, with a check every 5 s. `hintAt`: the result of the check at a
 * time.
 */
function readings(
  tookMs: number,
  hintAt: (now: number) => string,
  changedAt: (now: number) => boolean,
): number[] {
  const changes = new CheckSchedule(5);
  changes.read(hintAt(0), tookMs, true, 0);
  const read: number[] = [];
  for (let now = 5_000; now <= 3_600_000; now += 5_000) {
    expect(changes.isDue(now)).toBe(true);
    if (!changes.checked(hintAt(now), now)) continue;
    read.push(now);
    changes.read(hintAt(now), tookMs, changedAt(now), now);
  }
  return read;
}

test('what a look finds has the source read at once, and nothing else more than once a minute', () => {
  const read = readings(
    100,
    (now) => (now < 600_000 ? 'a' : 'b'),
    (now) => now === 600_000,
  );
  expect(read).toContain(600_000);
  expect(read.length).toBeLessThanOrEqual(61);
  expect(read.length).toBeGreaterThan(50);
});

test('checks that report changes where there are none lead to introspection a twentieth of the time at most', () => {
  const read = readings(2_000, String, () => false);
  expect((read.length * 2_000) / 3_600_000).toBeLessThanOrEqual(1 / 20 + 2_000 / 3_600_000);
  expect(read.length).toBeGreaterThan(5);
});

test('a reported change is looked at within a minute, however long introspection takes', () => {
  const pauses = readings(60_000, String, () => false).map((at, index, all) => at - (all[index - 1] ?? 0));
  expect(Math.max(...pauses)).toBeLessThanOrEqual(65_000);
});

test('without a reported change, introspection takes half a percent of the time at most', () => {
  const read = readings(
    2_000,
    () => 'a',
    () => false,
  );
  expect((read.length * 2_000) / 3_600_000).toBeLessThanOrEqual(1 / 200 + 2_000 / 3_600_000);
  expect(read.length).toBeGreaterThan(5);
});

test('changes one after the other are each read', () => {
  expect(readings(100, String, () => true)).toHaveLength(720);
});

test('statements that fail have a source read again only after a pause, once that has found nothing', () => {
  const changes = new CheckSchedule(5);
  changes.read('a', 500, true, 0);
  expect(changes.mayRecheck(1)).toBe(true);
  changes.read('a', 500, false, 1_000);
  expect([changes.mayRecheck(1_001), changes.mayRecheck(10_900), changes.mayRecheck(11_000)]).toEqual([
    false,
    false,
    true,
  ]);
  changes.failed(20_000);
  expect([changes.mayRecheck(20_001), changes.mayRecheck(30_000)]).toEqual([false, true]);
});

test('a source that is not watched is neither checked nor rechecked', () => {
  const changes = new CheckSchedule(0);
  changes.read(null, 10, true, 0);
  expect([changes.isDue(1e9), changes.mayRecheck(1e9)]).toEqual([false, false]);
});
