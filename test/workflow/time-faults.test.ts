import { timeFaults } from '../../src/workflow/schedules/faults.ts';

test.each(['0 9 * * TUE,THU', '0 9 * * SAT', '0 0 1 OCT *', '0 9 * * mon', '@daily'])(
  'an expression with names: %s',
  (cron) => {
    expect(timeFaults({ cron })).toEqual([]);
  },
);

test.each(['2030-01-01T00:00:00', '2030-01-01 00:00:00', '2030-01-01'])(
  'a date is no expression: %s',
  (cron) => {
    expect(timeFaults({ cron })).toEqual([
      { setting: 'cron', message: expect.stringMatching(/^is no cron expression/) },
    ]);
  },
);

test('a single time is on a day that there is', () => {
  const isTime = (at: string) => timeFaults({ at, timezone: 'Europe/Berlin' }).length === 0;
  for (const at of ['2028-02-29T12:00', '2026-01-31T12:00:00+01:00', '2026-10-25T02:30:00.5'])
    expect([at, isTime(at)]).toEqual([at, true]);
  for (const at of ['2026-02-29T12:00', '2026-02-30T00:00:00Z', '2026-13-01T00:00', '2026-00-01T00:00'])
    expect([at, isTime(at)]).toEqual([at, false]);
});
