import { ScheduleStore } from '../../src/store/index.ts';
import { DueTimes, Scheduler, type WorkflowDefinition } from '../../src/workflow/index.ts';
import { type StorePlace, storePlace, until } from '../store/place.ts';
import { type Workplace, workplace } from './workplace.ts';

let place: StorePlace;
let work: Workplace;
let name: string;
let clock: number;
let count = 0;
const hour = 3_600_000;
const base = Date.parse('2030-01-01T00:00:00Z');
const schedulers: Scheduler[] = [];

beforeAll(async () => {
  place = await storePlace('pglite');
  work = await workplace(place, async () => ({ data: null }));
}, 120_000);
afterAll(async () => {
  await work.close();
  await place.drop();
});
beforeEach(() => {
  name = `scheduled_${++count}`;
  clock = base;
});
afterEach(async () => {
  for (const scheduler of schedulers.splice(0)) await scheduler.close();
});

/** A process that follows schedules by the clock of the test. */
function scheduler(): Scheduler {
  const made = new Scheduler({
    schedules: new ScheduleStore(work.jobs),
    runner: work.runner,
    now: () => clock,
  });
  schedulers.push(made);
  return made;
}

async function defined(schedule: object, more: object = {}): Promise<WorkflowDefinition> {
  const definition = { name, schedule, steps: [{ id: 'a', kind: 'transform', value: 1 }], ...more };
  await work.runner.define(definition);
  return definition as unknown as WorkflowDefinition;
}

const started = async () => {
  const runs = await work.runs.list({ workflow: name, limit: 2_000 });
  return runs.map(({ id }) => id.slice(name.length + 1)).sort();
};
const at = (hours: number) => new Date(base + hours * hour).toISOString();

test('one run for each due time, although two processes follow the schedule, and its input has the due time', async () => {
  const definition = await defined({
    cron: '0 * * * *',
    overlap: 'allow',
    input: { day: '{% $substring(due, 0, 10) %}' },
  });
  const both = [scheduler(), scheduler()];
  for (const one of both) one.use([definition]);
  await Promise.all(both.map((one) => one.look()));
  expect(await started()).toEqual([]);
  for (const hours of [1, 2, 3]) {
    clock = base + hours * hour + 5;
    await Promise.all(both.map((one) => one.look()));
    await Promise.all(both.map((one) => one.look()));
  }
  expect(await started()).toEqual([at(1), at(2), at(3)]);
  const run = await work.runs.show(`${name}@${at(2)}`);
  expect(run).toMatchObject({ origin: 'schedule', input: '{"day":"2030-01-01"}' });
  expect(both[0]!.next(name)).toBe(base + 4 * hour);
  // A clock that goes back starts nothing again.
  clock = base + 1.5 * hour;
  await both[0]!.look();
  clock = base + 3.5 * hour;
  await both[0]!.look();
  expect(await started()).toHaveLength(3);
});

test.each([
  ['skip', []],
  ['last', [at(5)]],
  ['all', [at(1), at(2), at(3), at(4), at(5)]],
] as const)('due times while no process ran: %s', async (missed, expected) => {
  const definition = await defined({ cron: '0 * * * *', missed, overlap: 'allow' });
  const first = scheduler();
  first.use([definition]);
  await first.look();
  await first.close();
  clock = base + 5.5 * hour;
  const second = scheduler();
  second.use([definition]);
  await second.look();
  expect(await started()).toEqual(expected);
  clock = base + 6 * hour;
  await second.look();
  expect(await started()).toEqual([...expected, at(6)]);
});

test.each([
  ['skip', [at(1)]],
  ['queue', [at(1), at(2)]],
] as const)('a due time while a run is not over: %s', async (overlap, expected) => {
  const definition = await defined({ cron: '0 * * * *', overlap });
  const one = scheduler();
  one.use([definition]);
  await one.look();
  for (const hours of [1, 2]) {
    clock = base + hours * hour;
    await one.look();
  }
  expect(await started()).toEqual(expected);
  if (overlap === 'queue')
    expect((await work.runs.list({ workflow: name, limit: 10 })).map(({ key }) => key)).toEqual([
      '@schedule',
      '@schedule',
    ]);
  await work.runs.cancel(`${name}@${at(1)}`);
  clock = base + 3 * hour;
  await one.look();
  expect(await started()).toEqual([...expected, at(3)]);
});

test('another pattern, a pause or a faulty input makes up for nothing, and a workflow that is gone starts nothing', async () => {
  const definition = await defined({ cron: '0 * * * *', overlap: 'allow' });
  const one = scheduler();
  one.use([definition]);
  await one.look();
  clock = base + 3.5 * hour;
  one.use([await defined({ cron: '30 * * * *', overlap: 'allow' })]);
  await one.look();
  expect(await started()).toEqual([]);
  one.use([{ ...definition, enabled: false }]);
  await one.look();
  clock = base + 9.75 * hour;
  one.use([definition]);
  await one.look();
  expect(await started()).toEqual([]);
  one.use([await defined({ cron: '0 * * * *', overlap: 'allow' }, { input: { type: 'string' } })]);
  clock = base + 10 * hour;
  await one.look();
  expect(await started()).toEqual([]);
  one.use([await defined({ cron: '0 * * * *', overlap: 'allow' })]);
  clock = base + 11 * hour;
  await one.look();
  expect(await started()).toEqual([at(11)]);
  one.use([]);
  clock = base + 12 * hour;
  await one.look();
  expect(await started()).toEqual([at(11)]);
});

test('time zones, and the hours that a zone skips and repeats', () => {
  const times = new DueTimes({ cron: '30 2 * * *', timezone: 'Europe/Berlin' });
  const iso = (text: string) => Date.parse(text);
  expect(times.next(iso('2030-01-01T00:00:00Z'))).toBe(iso('2030-01-01T01:30:00Z'));
  expect(times.next(iso('2030-07-01T00:00:00Z'))).toBe(iso('2030-07-01T00:30:00Z'));
  // On 27 October 2030 it is 2:30 twice: one run.
  const autumn = times.between(iso('2030-10-26T12:00:00Z'), iso('2030-10-27T12:00:00Z'));
  expect(autumn).toHaveLength(1);
  const spring = times.between(iso('2030-03-30T12:00:00Z'), iso('2030-03-31T12:00:00Z'));
  expect(spring.length).toBeLessThanOrEqual(1);
  const second = new DueTimes({ cron: '*/2 * * * * *' });
  expect(second.between(base, base + 10_000)).toEqual([2, 4, 6, 8, 10].map((at) => base + at * 1_000));
  expect(second.between(base, base + 10_000, 2)).toEqual([8, 10].map((at) => base + at * 1_000));
});

test('a schedule follows the clock by itself', async () => {
  const definition = await defined({ cron: '* * * * * *', overlap: 'allow' });
  const own = new Scheduler({ schedules: new ScheduleStore(work.jobs), runner: work.runner });
  schedulers.push(own);
  own.use([definition]);
  await until(async () => (await started()).length >= 2);
});
