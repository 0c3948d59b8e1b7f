import { pino } from 'pino';
import { AllowedVariables } from '../../../src/access/index.ts';
import { OwnTriggerWork } from '../../../src/app/index.ts';
import { allIssues, cronIssues } from '../../../src/control/index.ts';
import { type Started, start } from '../../../src/main.ts';
import { type Delivery, DeliveryStore, JobStore } from '../../../src/store/index.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { closeReceivers, receiver } from '../../outbound/receivers.ts';
import { type StorePlace, storePlace, until } from '../../store/place.ts';

const hour = 3_600_000;
const base = Date.parse('2030-01-01T00:00:00Z');
const at = (hours: number) => new Date(base + hours * hour).toISOString();
const webhook = 'https://receiver.example/hook';
const variables = new AllowedVariables(null);

describe('several processes on one store', () => {
  let place: StorePlace;
  let store: Store;
  let jobs: JobStore;
  let deliveries: DeliveryStore;
  let clock = base;
  const open: OwnTriggerWork[] = [];

  beforeAll(async () => {
    place = await storePlace('pglite');
    store = openStore({ folder: place.folder });
    await store.open();
    jobs = new JobStore(store);
    deliveries = new DeliveryStore(store, jobs);
  }, 120_000);
  beforeEach(() => {
    clock = base;
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  afterAll(async () => {
    await store.close();
    await place.drop();
  });

  /** A process with these triggers that goes by the clock of the test, and a function that gives it others. */
  async function process(...given: object[]) {
    let listener = () => {};
    const graphs = {
      metadata: { tables: [], cron_triggers: given as never },
      variables,
      onSwap(call: () => void) {
        listener = call;
        return () => {};
      },
    };
    const made = new OwnTriggerWork({
      work: { store, jobs, deliveries, useEndpoints: () => {} },
      ...{ graphs, isEnabled: true, now: () => clock, log: pino({ level: 'silent' }) },
    });
    open.push(made);
    await made.sync();
    await made.look();
    return {
      look: () => made.look(),
      list: () => made.list(),
      close: () => made.close(),
      async use(...others: object[]) {
        graphs.metadata = { tables: [], cron_triggers: others as never };
        listener();
        await made.sync();
        await made.look();
      },
    };
  }
  const told = async (endpoint: string) =>
    (await deliveries.list({ endpoint }, 2_000)).map(({ time }) => time).sort();

  test('each time is delivered once, in the time zone of the trigger, also where a clock goes back', async () => {
    const trigger = {
      name: 'summer',
      schedule: '30 2 * * *',
      timezone: 'Europe/Berlin',
      webhook,
      comment: 'c',
    };
    clock = Date.parse('2030-03-29T12:00:00Z');
    const both = [await process(trigger), await process(trigger)];
    for (const time of ['2030-03-30T02:00:00Z', '2030-03-30T01:00:00Z', '2030-04-01T02:00:00Z']) {
      clock = Date.parse(time);
      await Promise.all(both.map((one) => one.look()));
      await Promise.all(both.map((one) => one.look()));
    }
    // On the 31st the clocks of Berlin skip this hour; the library takes the time before or after it.
    const times = await told('summer');
    expect(times[0]).toBe('2030-03-30T01:30:00.000Z');
    expect(times.at(-1)).toBe('2030-04-01T00:30:00.000Z');
    expect(new Set(times).size).toBe(times.length);
    const [{ id, payload, type, source }] = (await deliveries.list({ endpoint: 'summer' }, 1)) as [Delivery];
    expect({ type, source }).toEqual({ type: 'cron', source: '/cron_triggers/summer' });
    expect(JSON.parse(payload)).toEqual({
      ...{ id: String(id).slice('summer/'.length), name: 'summer', comment: 'c', payload: null },
      scheduled_time: '2030-04-01T00:30:00.000Z',
    });
  });

  test.each([
    ['skip', {}, []],
    ['last', {}, [at(5)]],
    ['all', {}, [at(1), at(2), at(3), at(4), at(5)]],
    ['all', { tolerance_seconds: 2 * 3600 }, [at(4), at(5)]],
  ] as const)('times while no process ran: %s %j', async (missed, retry, expected) => {
    const name = `missed_${missed}_${Object.keys(retry).length}`;
    const trigger = { name, schedule: '0 * * * *', missed, webhook, retry_conf: retry };
    await (await process(trigger)).close();
    clock = base + 5.5 * hour;
    const again = await process(trigger);
    expect(await told(name)).toEqual(expected);
    clock = base + 6 * hour;
    await again.look();
    expect(await told(name)).toEqual([...expected, at(6)]);
  });

  test('a single time is delivered once, and not where it had passed before', async () => {
    const late = { name: 'late', at: '2029-12-31T23:59:00Z', webhook };
    const once = {
      name: 'once',
      at: '2030-01-01T04:00',
      timezone: 'Europe/Berlin',
      webhook,
      payload: { a: 1 },
    };
    const one = await process(late, once);
    expect((await one.list()).map(({ nextAt }) => nextAt?.toISOString() ?? null)).toEqual([null, at(3)]);
    clock = base + 4 * hour;
    for (let time = 0; time < 2; time++) await one.look();
    await process(late, once);
    expect([await told('late'), await told('once')]).toEqual([[], [at(3)]]);
    expect((await one.list())[1]).toMatchObject({ nextAt: null, lastAt: new Date(base + 3 * hour) });
  });

  test('a trigger that was away, disabled or changed delivers nothing from before', async () => {
    const trigger = { name: 'away', schedule: '0 * * * *', missed: 'all', webhook };
    const one = await process(trigger);
    await one.use({ ...trigger, enabled: false });
    expect((await one.list())[0]!.problem).toMatch(/disabled/);
    clock = base + 3.5 * hour;
    await one.use(trigger);
    expect(await told('away')).toEqual([]);
    clock = base + 4 * hour;
    await one.look();
    await one.use();
    clock = base + 6.5 * hour;
    await one.use(trigger);
    clock = base + 7 * hour;
    await one.look();
    await one.use({ ...trigger, schedule: '30 * * * *' });
    clock = base + 7.5 * hour;
    await one.look();
    expect(await told('away')).toEqual([at(4), at(7), at(7.5)]);
  });
});

test('every fault of a cron trigger is told with its place', () => {
  const issues = cronIssues(
    {
      tables: [{ source: 's', table: 't', event_triggers: [{ name: 'taken', definition: {}, webhook }] }],
      cron_triggers: [
        { name: 'none', webhook },
        { name: 'both', webhook, schedule: '0 3 * * *', at: '2030-01-01T00:00:00Z' },
        { name: 'wrong', webhook: 'ftp://x', schedule: '61 * * * *', timezone: 'Europe/Berlin' },
        { name: 'zone', webhook, schedule: '0 3 * * *', timezone: 'Europe/Nowhere' },
        { name: 'never', webhook, schedule: '0 0 30 2 *' },
        { name: 'when', at: 'tomorrow', webhook_from_env: 'FOZ_SECRET_KEY' },
        { name: 'taken', webhook, schedule: '0 3 * * *' },
        { name: 'word', webhook, schedule: '0 3 * * *', timezon: 'UTC' },
      ],
    },
    variables,
  );
  expect(issues.map(({ path, reason }) => `${path!.slice(1).join('.')}: ${reason}`)).toEqual([
    '0: needs either a "schedule" or a time "at".',
    '1: needs either a "schedule" or a time "at".',
    expect.stringMatching(/^2\.schedule: schedule is no cron expression/),
    expect.stringMatching(/^2\.webhook: webhook it is no URL/),
    expect.stringMatching(/^3\.timezone: timezone is no time zone: "Europe\/Nowhere"/),
    expect.stringMatching(/^4\.schedule: schedule never comes/),
    expect.stringMatching(/^5\.at: at is no time: "tomorrow"/),
    expect.stringMatching(/^5\.webhook_from_env: .*FOZ_SECRET_KEY may not be used/),
    expect.stringMatching(/^6\.name: name is the name of an event trigger/),
    expect.stringMatching(
      /^7: has no setting "timezon" \(did you mean "timezone"\?\)|^7: has no setting "timezon"/,
    ),
  ]);
});

test('a server delivers on its schedule, and by hand, and tells what it does', async () => {
  const place = await storePlace('pglite');
  const target = await receiver((_, response) => void response.writeHead(200).end());
  let foz: Started | null = null;
  try {
    foz = await start(
      {
        ...{ state: place.folder, server: { port: 0, graphiql: false }, sources: [] },
        auth: { admin_secrets: ['a secret of some length'] },
        outbound: { allow: ['127.0.0.1'] },
        metadata: {
          tables: [],
          cron_triggers: [
            {
              ...{ name: 'tick', schedule: '* * * * * *', payload: { big: 'one' } },
              webhook: `http://127.0.0.1:${target.port}/tick`,
            },
          ],
        },
      } as unknown as Parameters<typeof start>[0],
      { logger: pino({ level: 'silent' }) },
    );
    expect(allIssues(foz.attached.graphs)).toEqual([]);
    const control = async (query: string) => {
      const answer = await fetch(`${foz!.url}control/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-foz-admin-secret': 'a secret of some length' },
        body: JSON.stringify({ query }),
      });
      return (await answer.json()) as { data: Record<string, never>; errors?: { message: string }[] };
    };
    await until(() => target.requests.length >= 2);
    const bodies = target.requests.map(({ body }) => JSON.parse(body));
    expect(new Set(bodies.map(({ scheduled_time: time }) => time)).size).toBe(bodies.length);
    expect(bodies[0]).toMatchObject({ name: 'tick', payload: { big: 'one' } });
    expect(target.requests[0]!.headers['webhook-id']).toBe(bodies[0].id);
    const paused = await control(
      'mutation { pauseTrigger(name: "tick") { kind paused about nextAt problem } }',
    );
    expect(paused.data.pauseTrigger).toMatchObject({
      ...{ kind: 'cron', paused: true, about: '* * * * * * UTC', problem: null },
      nextAt: expect.any(String),
    });
    await control('mutation { invokeTrigger(name: "tick", input: { by: "hand" }) }');
    await control('mutation { resumeTrigger(name: "tick") { name } }');
    await until(() => target.requests.some(({ body }) => JSON.parse(body).payload.by === 'hand'));
    expect((await control('mutation { invokeTrigger(name: "tik") }')).errors![0]!.message).toMatch(
      /did you mean "tick"/,
    );
    expect((await control('{ triggers { name kind following } }')).data.triggers).toEqual([
      { name: 'tick', kind: 'cron', following: true },
    ]);
  } finally {
    await foz?.close(0);
    await closeReceivers();
    await place.drop();
  }
}, 120_000);
