import { SteadyClock } from '../../src/core/index.ts';

test('a clock that is set back goes on from where it was', () => {
  const clock = new SteadyClock();
  expect([1_000, 1_500, 200, 700, 600, 900].map((now) => clock.at(now))).toEqual([
    1_000, 1_500, 1_500, 2_000, 2_000, 2_300,
  ]);
});
