import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { type Started, start } from '../../../src/main.ts';
import { DeliveryStore, JobStore, TriggerStore } from '../../../src/store/index.ts';
import { SigningSecret } from '../../../src/workflow/index.ts';
import { closeReceivers, type Receiver, receiver } from '../../outbound/receivers.ts';
import { type StorePlace, storePlace } from '../../store/place.ts';
import { type Connection, connect } from '../../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { until } from '../../support/wait.ts';

const adminSecret = 'a secret of some length';
/** Milliseconds that a condition may take on a busy machine. */
const patience = 60_000;

export type TriggerEngine = 'postgres' | 'mariadb' | 'mysql' | 'sqlite';

interface Event {
  readonly id: string;
  readonly trigger: { readonly name: string };
  readonly table: object;
  readonly source: string;
  readonly position: string;
  readonly event: {
    readonly op: string;
    readonly data: { readonly old: Row | null; readonly new: Row | null };
  };
}
type Row = Readonly<Record<string, unknown>>;

/** Event triggers of a real database, followed by its log or by an outbox. */
export function triggerCases(
  engine: TriggerEngine,
  method: 'log' | 'outbox',
  kind: 'pglite' | 'postgres',
): void {
  let database: TestDatabase;
  let client: Connection;
  let place: StorePlace;
  let foz: Started | null = null;
  let target: Receiver;
  let status: (path: string, event: Event) => number = () => 200;
  const signing = SigningSecret.make();
  const run = randomBytes(4).toString('hex').toUpperCase();
  const suffix = `EVENTS_${run}`;

  const trigger = (name: string, definition: object, more: object = {}) => ({
    ...{ name, definition, webhook: `{{URL_${suffix}}}/${name}` },
    retry_conf: { num_retries: 100, interval_sec: 0.05, timeout_sec: 5 },
    ...more,
  });
  const usual = [
    trigger(
      'moved',
      { insert: {}, update: { columns: ['title'] }, delete: { columns: ['id'] } },
      {
        key: ['id'],
        headers: [
          { name: 'x-plain', value: 'seen' },
          { name: 'x-token', value_from_env: `TOKEN_${suffix}` },
        ],
        signing_secrets: [{ from_env: `SIGN_${suffix}` }],
      },
    ),
    trigger(
      'big',
      { insert: {}, update: {} },
      {
        when: {
          new: { amount: { _gt: 100 } },
          _or: [{ old: { amount: { _lte: 100 } } }, { _not: { old: {} } }],
        },
        form: 'cloudevents',
      },
    ),
  ];

  async function open(triggers: readonly object[] = usual): Promise<Started> {
    const where = engine === 'sqlite' ? { path: database.location } : { url: database.location };
    const config = {
      state: place.folder,
      store: place.url === undefined ? {} : { url: place.url },
      server: { port: 0, graphiql: false },
      auth: { admin_secrets: [adminSecret] },
      outbound: { allow: ['127.0.0.1'] },
      sources: [{ name: 'shop', kind: engine, ...where }],
      metadata: { tables: [{ source: 'shop', table: 'moves', event_triggers: triggers }] },
    };
    foz = await start(config as unknown as Parameters<typeof start>[0], {
      logger: pino({ level: process.env.FOZ_TEST_LOG ?? 'silent' }),
    });
    return foz;
  }
  const close = async () => {
    await foz?.close(0);
    foz = null;
  };
  const store = () => new TriggerStore(foz!.plane!.store);
  const deliveries = () => new DeliveryStore(foz!.plane!.store, new JobStore(foz!.plane!.store));
  /** Resolves once changes from now on are delivered. */
  const followed = async (...names: string[]) =>
    until(async () => {
      const states = await store().list();
      return names.every((name) => states.some((one) => one.name === name && one.deliverAfter !== null));
    }, patience);
  const received = (name: string) => target.requests.filter(({ url }) => url === `/${name}`);
  const events = (name: string): Event[] =>
    received(name).map(({ body }) => {
      const parsed = JSON.parse(body);
      return 'specversion' in parsed ? parsed.data : parsed;
    });
  const told = (name: string) =>
    events(name).map(({ event: { op, data } }) => [op, data.old?.id ?? null, data.new?.id ?? null]);
  const write = (text: string) => client.execute(text);

  beforeAll(async () => {
    place = await storePlace(kind);
    database = await freshDatabase(engine, 'shop');
    client = await connect(engine, database.location);
    await write(
      'create table moves (id integer primary key, title varchar(200) not null, amount decimal(30, 10), note varchar(100))',
    );
    if (engine === 'postgres') await write('alter table moves replica identity full');
    if (engine === 'postgres' && method === 'log') await write('create publication foz for table moves');
    target = await receiver((request, response) => {
      const { body } = target.requests.at(-1)!;
      const event = JSON.parse(body);
      response.writeHead(status(request.url!, event.data ?? event)).end();
    });
    Object.assign(process.env, {
      [`URL_${suffix}`]: `http://127.0.0.1:${target.port}`,
      [`TOKEN_${suffix}`]: 'hidden-token',
      [`SIGN_${suffix}`]: signing,
    });
    await open();
    if (method !== 'outbox') return;
    const { registry, graphs } = foz!.attached;
    const tables = [...graphs.catalog.sources.values()][0]!.tables.filter(({ name }) => name === 'moves');
    const offers = await registry
      .named('shop')
      .connector.changes!.offers(tables, new AbortController().signal);
    for (const text of offers.find((offer) => offer.method === 'triggers')!.setup) await write(text);
    await close();
    await open();
  }, 240_000);
  afterAll(async () => {
    await close();
    for (const name of ['URL', 'TOKEN', 'SIGN']) delete process.env[`${name}_${suffix}`];
    await client?.close();
    await database?.drop();
    await place?.drop();
    await closeReceivers();
  });

  test('changes arrive signed, in the form of Hasura, with the values of the API', async () => {
    await followed('moved', 'big');
    await write(`insert into moves values (1, 'first', 12345678901234567890.0123456789, 'a "quoted" note')`);
    await write(`update moves set note = 'not listened to' where id = 1`);
    await write(`update moves set title = 'second' where id = 1`);
    await write('delete from moves where id = 1');
    await until(() => received('moved').length === 3, patience);
    const [{ headers, body }] = received('moved') as [Receiver['requests'][number]];
    new Webhook(signing).verify(body, headers as Record<string, string>);
    expect(headers).toMatchObject({ 'x-plain': 'seen', 'x-token': 'hidden-token' });
    const [inserted, updated, removed] = events('moved') as [Event, Event, Event];
    const { namespace } = database;
    expect(inserted).toMatchObject({
      trigger: { name: 'moved' },
      table: { schema: namespace, name: 'moves' },
      source: 'shop',
      event: { op: 'INSERT', data: { old: null }, session_variables: null },
    });
    expect(headers['webhook-id']).toBe(inserted.id);
    const answer = await fetch(`${foz!.url}graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': adminSecret },
      body: JSON.stringify({
        query:
          'mutation { insert_moves_one(object: {id: 2, title: "second", amount: "7.5"}) { id title amount note } }',
      }),
    });
    const row = /"insert_moves_one":(\{.*?\})/.exec(await answer.text())![1]!;
    await until(() => received('moved').length === 4, patience);
    expect(received('moved')[3]!.body).toContain(`"new":${row}`);
    // SQLite stores it as a number of 64 bits.
    if (engine !== 'sqlite') expect(body).toContain('12345678901234567890.0123456789');
    expect([updated.event.op, updated.event.data.old!.title, updated.event.data.new!.title]).toEqual([
      'UPDATE',
      'first',
      'second',
    ]);
    expect(removed.event).toMatchObject({ op: 'DELETE', data: { old: { id: 1 }, new: null } });
    expect(Object.keys(removed.event.data.old!)).toEqual(['id']);
    expect(new Set(events('moved').map(({ id }) => id)).size).toBe(4);
  }, 240_000);

  test('a condition is judged over both rows, and the envelope is that of CloudEvents', async () => {
    const before = received('big').length;
    await write(`insert into moves values (10, 'small', 5, null), (11, 'large', 500, null)`);
    await write('update moves set amount = 600 where id = 11');
    await write('update moves set amount = 700 where id = 10');
    await until(() => received('big').length >= before + 2, patience);
    expect(told('big').slice(before)).toEqual([
      ['INSERT', null, 11],
      ['UPDATE', 10, 10],
    ]);
    const { body, headers } = received('big')[before]!;
    expect(headers['content-type']).toMatch(/^application\/cloudevents\+json/);
    expect(JSON.parse(body)).toMatchObject({
      specversion: '1.0',
      type: 'moves.insert',
      source: '/sources/shop/moves',
    });
  }, 240_000);

  test('what changes while Foz is down is delivered after the start, once under one id', async () => {
    const before = received('moved').length;
    await close();
    await write(`insert into moves values (20, 'while away', 1, null)`);
    await write(`update moves set title = 'still away' where id = 20`);
    await open();
    await until(() => received('moved').length >= before + 2, patience);
    await write(`insert into moves values (21, 'there again', 1, null)`);
    await until(() => received('moved').length >= before + 3, patience);
    expect(told('moved').slice(before)).toEqual([
      ['INSERT', null, 20],
      ['UPDATE', 20, 20],
      ['INSERT', null, 21],
    ]);
    expect((await store().list()).map(({ gap }) => gap)).toEqual([null, null]);
  }, 240_000);

  test('deliveries of one key keep their order while their endpoint fails, others pass', async () => {
    const before = received('moved').length;
    let failures = 3;
    status = (path, { event }) =>
      path === '/moved' && event.data.new?.id === 30 && failures-- > 0 ? 503 : 200;
    await write(`insert into moves values (30, 'a', 1, null), (31, 'b', 1, null)`);
    for (const title of ['c', 'd']) await write(`update moves set title = '${title}' where id = 30`);
    const titles = (id: number) =>
      events('moved')
        .slice(before)
        .filter(({ event }) => event.data.new?.id === id)
        .map(({ event }) => event.data.new!.title);
    await until(
      async () => (await deliveries().list({ state: 'pending' })).length === 0 && titles(30).includes('d'),
      patience,
    );
    expect([titles(30), titles(31)]).toEqual([['a', 'a', 'a', 'a', 'c', 'd'], ['b']]);
    status = () => 200;
  }, 240_000);

  test('the control API lists, pauses, invokes and delivers again, and each act is audited', async () => {
    const control = async (query: string, variables: object = {}) => {
      const answer = await fetch(`${foz!.url}control/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-foz-admin-secret': adminSecret },
        body: JSON.stringify({ query, variables }),
      });
      return (await answer.json()) as { data: Record<string, unknown>; errors?: { message: string }[] };
    };
    const before = received('moved').length;
    const { data } = await control(
      'mutation { pauseEventTrigger(name: "moved") { name paused problem following operations } }',
    );
    expect(data.pauseEventTrigger).toEqual({
      ...{ name: 'moved', paused: true, problem: null, following: true },
      operations: ['insert', 'update', 'delete'],
    });
    await write(`insert into moves values (40, 'paused', 1, null)`);
    const pending = async () =>
      (
        (await control('{ eventTrigger(name: "moved") { pending } }')).data.eventTrigger as {
          pending: number;
        }
      ).pending;
    await until(async () => (await pending()) === 1, patience);
    expect(received('moved')).toHaveLength(before);
    const invoked = await control('mutation { invokeEventTrigger(name: "moved", key: { id: 40 }) }');
    await control('mutation { resumeEventTrigger(name: "moved") { name } }');
    await until(() => received('moved').length === before + 2, patience);
    const manual = events('moved').find(({ event }) => event.op === 'MANUAL')!;
    expect(manual.event.data).toMatchObject({ old: null, new: { id: 40, title: 'paused' } });
    await until(async () => (await pending()) === 0, patience);
    const id = invoked.data.invokeEventTrigger;
    const again = await control('mutation ($ids: [String!]) { redeliver(filter: { ids: $ids }) }', {
      ids: [id],
    });
    expect(again.data.redeliver).toBe(1);
    await until(() => received('moved').length === before + 3, patience);
    const page =
      'query ($before: String) { deliveries(filter: { endpoint: "moved" }, before: $before, limit: 1) { entries { id state attemptLog { status } } next } }';
    const seen: string[] = [];
    for (let next: string | null = null, time = 0; time < 2; time++) {
      const found = (await control(page, { before: next })).data.deliveries as {
        entries: { id: string }[];
        next: string;
      };
      seen.push(found.entries[0]!.id);
      next = found.next;
    }
    expect([seen[0], new Set(seen).size]).toEqual([id, 2]);
    expect(
      (await control('mutation { invokeEventTrigger(name: "moved", key: { idd: 40 }) }')).errors![0]!.message,
    ).toMatch(/idd/);
    expect(
      (await control('mutation { pauseEventTrigger(name: "move") { name } }')).errors![0]!.message,
    ).toMatch(/did you mean "moved"/);
    const audit = await control('{ audit(limit: 60) { entries { operation outcome reason } } }');
    const entries = (audit.data.audit as { entries: { operation: string }[] }).entries;
    const operations = entries.map((one) => one.operation);
    expect(operations).toEqual(
      expect.arrayContaining(['trigger.pause', 'trigger.resume', 'trigger.invoke', 'delivery.redeliver']),
    );
    // The latest act was refused: it is recorded before and after, too.
    const pauses = entries.filter(({ operation }) => operation === 'trigger.pause');
    expect(pauses.slice(0, 2)).toEqual([
      { operation: 'trigger.pause', outcome: 'failure', reason: 'not-found' },
      { operation: 'trigger.pause', outcome: 'started', reason: null },
    ]);
  }, 240_000);

  if (engine === 'postgres' && method === 'log')
    test('the server keeps a slot for exactly as long as there are triggers', async () => {
      const slots = async () =>
        (
          await client.query(
            `select slot_name from pg_replication_slots where database = current_database() and not temporary`,
          )
        ).length;
      expect(await slots()).toBe(1);
      await close();
      expect(await slots()).toBe(1);
      // The column of a trigger is not there: it may be soon.
      await open([trigger('moved', { update: { columns: ['titel'] } })]);
      const forgotten = () =>
        foz!.plane!.store.run(`update foz.event_triggers set seen_at = now() - interval '1 hour'`, []);
      await forgotten();
      const { graphs } = foz!.attached;
      for (let time = 0; time < 3; time++) graphs.swap();
      await close();
      expect(await slots()).toBe(1);
      await open([]);
      // Another process may still have the triggers.
      await forgotten();
      foz!.attached.graphs.swap();
      await until(async () => (await slots()) === 0, patience);
      await until(async () => (await store().reader('shop')) === null, patience);
    }, 240_000);
}
