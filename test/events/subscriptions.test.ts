import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client as GraphqlWs } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { mintKey } from '../../src/auth/index.ts';
import { parseRoleName } from '../../src/core/index.ts';
import { type Started, start } from '../../src/main.ts';
import { type Connection, connect } from '../support/connect.ts';
import { pause, until } from '../support/wait.ts';
import { Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';
const admin = { 'x-foz-admin-secret': secret };
const [wall, other] = [mintKey(new Uint8Array(32)).key, mintKey(new Uint8Array(32)).key];
const role = (name: string) => ({ ...admin, 'x-foz-role': name });

let folder: string;
let foz: Started;
let shop: Connection;
let desk: Connection;
const clients: GraphqlWs[] = [];

const metadata = {
  tables: [
    {
      source: 'shop',
      table: 'people',
      select_permissions: [
        { role: 'reader', permission: { columns: ['id'], filter: {}, subscription_root_fields: ['select'] } },
        { role: 'blind', permission: { columns: ['id'], filter: {}, subscription_root_fields: [] } },
        {
          role: 'masked',
          permission: {
            columns: ['id', 'name'],
            filter: {},
            masks: { name: { id: { _eq: 'X-Foz-User-Id' } } },
          },
        },
        {
          role: 'holder',
          permission: { columns: ['id'], filter: { tickets: { id: { _eq: 'X-Foz-User-Id' } } } },
        },
      ],
      remote_relationships: [
        {
          name: 'tickets',
          definition: {
            to_source: {
              source: 'desk',
              table: 'tickets',
              relationship_type: 'array',
              field_mapping: { id: 'person' },
            },
          },
        },
      ],
    },
  ],
} as const;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foz-subscriptions-'));
  const path = (name: string) => join(folder, `${name}.db`);
  shop = await connect('sqlite', path('shop'));
  desk = await connect('sqlite', path('desk'));
  await shop.execute(
    `create table people (id integer primary key, name text not null, big text); insert into people values (1, 'Ann', '')`,
  );
  await desk.execute('create table tickets (id integer primary key, person integer)');
  foz = await start(
    {
      state: join(folder, 'state'),
      server: {
        port: 0,
        graphiql: false,
        limits: { roles: { few: { subscriptions: 1 }, paced: { answers_per_second: 2 } } },
      },
      auth: {
        admin_secrets: [secret],
        api_keys: [
          { name: 'wall', key: wall, roles: ['reader'], scopes: { operations: ['read'] } },
          { name: 'other', key: other, roles: ['reader'], scopes: { tables: ['desk.tickets'] } },
        ],
      },
      sources: ['shop', 'desk'].map((name) => ({ name, kind: 'sqlite', path: path(name) })),
      metadata: {
        tables: [
          {
            ...metadata.tables[0],
            select_permissions: [
              ...metadata.tables[0].select_permissions,
              { role: 'few', permission: { columns: ['id'], filter: {} } },
              { role: 'paced', permission: { columns: ['id', 'name'], filter: {} } },
            ],
          },
        ],
      },
    } as unknown as Parameters<typeof start>[0],
    { logger: pino({ level: 'silent' }) },
  );
}, 60_000);
afterAll(async () => {
  for (const client of clients) await client.dispose();
  await foz?.close(0);
  for (const connection of [shop, desk]) await connection?.close();
  rmSync(folder, { recursive: true, force: true });
});

const people = 'subscription { people(order_by: {id: asc}) { id name } }';
const subscribe = (query: string, headers: Readonly<Record<string, string>> = admin) =>
  Subscriber.open(foz.url, { query }, headers);
const rename = (name: string) => shop.execute(`update people set name = '${name}' where id = 1`);
const named = (name: string) => ({ people: [{ id: 1, name }] });

/** Answers over a WebSocket, as the library of the protocol delivers them. */
function overWebSocket(query: string, params: Readonly<Record<string, string>> = admin) {
  const client = createClient({
    url: `${foz.url.replace('http', 'ws')}graphql`,
    webSocketImpl: WebSocket,
    connectionParams: params,
    retryAttempts: 0,
  });
  clients.push(client);
  const answers: unknown[] = [];
  const ends: unknown[] = [];
  const stop = client.subscribe(
    { query },
    {
      next: (answer) => void answers.push(answer),
      error: (error) => void ends.push(error),
      complete: () => void ends.push('complete'),
    },
  );
  return { answers, ends, stop, client };
}

test('all transports send the same answers', async () => {
  const events = await subscribe(people);
  const socket = overWebSocket(people);
  const response = await fetch(new URL('graphql', foz.url), {
    method: 'POST',
    headers: {
      ...admin,
      'content-type': 'application/json',
      accept: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json',
    },
    body: JSON.stringify({ query: people }),
  });
  expect(response.headers.get('content-type')).toBe(
    'multipart/mixed; boundary="graphql"; subscriptionSpec=1.0',
  );
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let parts = '';
  const reading = (async () => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) parts += read.value;
  })().catch(() => {});
  await events.last(named('Ann'));
  await until(() => socket.answers.length === 1 && parts.includes('Ann'));
  await rename('Eve');
  await events.last(named('Eve'));
  await until(() => socket.answers.length === 2 && parts.includes('Eve'));
  expect(events.texts).toEqual([
    '{"data":{"people":[{"id":1,"name":"Ann"}]}}',
    '{"data":{"people":[{"id":1,"name":"Eve"}]}}',
  ]);
  expect(socket.answers).toEqual(events.answers);
  const payloads = parts
    .split('--graphql')
    .flatMap((part) => /^\r\ncontent-type: application\/json\r\n\r\n(.*)\r\n$/s.exec(part)?.[1] ?? []);
  expect(payloads).toEqual(events.texts.map((text) => `{"payload":${text}}`));
  await rename('Ann');
  socket.stop();
  events.close();
  await reader.cancel();
  await reading;
});

test('a query over server-sent events is one answer and the end; so is a refusal', async () => {
  const query = await subscribe('{ people { id } }');
  await until(() => query.isOver);
  expect(query.isComplete).toBe(true);
  expect(query.answers).toEqual([{ data: { people: [{ id: 1 }] } }]);
  const wrong = await subscribe('subscription { nobody { id } }');
  await until(() => wrong.isOver);
  expect(wrong.answers).toMatchObject([{ errors: [{ extensions: { code: 'validation-failed' } }] }]);
});

test('GET with EventSource, whose variables keep their digits', async () => {
  const query = 'subscription ($id: Int!) { people_by_pk(id: $id) { name } }';
  const search = new URLSearchParams({ query, variables: '{"id":1}' });
  const response = await fetch(new URL(`graphql?${search}`, foz.url), {
    headers: { ...admin, accept: 'text/event-stream' },
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('Ann')) text += (await reader.read()).value ?? '';
  expect(text).toContain('event: next\ndata: {"data":{"people_by_pk":{"name":"Ann"}}}\n\n');
  await reader.cancel();
  const broken = await fetch(new URL('graphql?query=x&variables={', foz.url), {
    headers: { ...admin, accept: 'text/event-stream' },
  });
  expect([broken.status, await broken.text()]).toEqual([400, expect.stringContaining('is not JSON')]);
});

test('a transport with one answer refuses a subscription and names those that carry it', async () => {
  const response = await fetch(new URL('graphql', foz.url), {
    method: 'POST',
    headers: { ...admin, 'content-type': 'application/json' },
    body: JSON.stringify({ query: people }),
  });
  expect(await response.json()).toEqual({
    errors: [
      {
        message: expect.stringMatching(/WebSocket.*text\/event-stream.*multipart/s),
        extensions: { path: '$', code: 'not-supported' },
      },
    ],
  });
});

const absent: [string, string, Readonly<Record<string, string>>, string][] = [
  [
    'a key that may only read',
    'subscription { people { id } }',
    { 'x-api-key': wall },
    'This graph has no subscription type: the scopes of this credential only allow: read. Its key needs "subscribe" among the operations of its scopes (a new key: foz key new --operation read --operation subscribe).',
  ],
  [
    'a key that may only read',
    'mutation { delete_people_by_pk(id: 1) { id } }',
    { 'x-api-key': wall },
    'This graph has no mutation type: the scopes of this credential only allow: read. Its key needs "write" among the operations of its scopes (a new key: foz key new --operation read --operation write).',
  ],
  [
    'a key for other tables',
    'subscription { people { id } }',
    { 'x-api-key': other },
    'This graph has no subscription type: the role, within the scopes of this credential, may not subscribe to any table. A select permission adds it (by its subscription_root_fields).',
  ],
  [
    'a role without subscriptions',
    'subscription { people { id } }',
    role('blind'),
    'This graph has no subscription type: the role may not subscribe to any table. A select permission adds it (by its subscription_root_fields).',
  ],
  [
    'a role that may not write',
    'mutation { delete_people_by_pk(id: 1) { id } }',
    role('reader'),
    'This graph has no mutation type: the role may not write to any table. A permission to insert, update or delete adds it.',
  ],
];

test.each(absent)(
  '%s: %s is refused with the reason, on every transport',
  async (_, query, headers, message) => {
    const errors = [{ message, extensions: { path: '$', code: 'validation-failed' } }];
    const plain = await fetch(new URL('graphql', foz.url), {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(await plain.json()).toEqual({ errors });
    const events = await subscribe(query, headers);
    await until(() => events.isOver);
    expect(events.answers).toEqual([{ errors }]);
    const socket = overWebSocket(query, headers);
    await until(() => socket.ends.length > 0);
    expect(socket.ends).toEqual([errors]);
  },
);

test('joins across sources are live in both of them', async () => {
  const joined = await subscribe('subscription { people { id tickets_aggregate { aggregate { count } } } }');
  const count = (n: number) => ({ people: [{ id: 1, tickets_aggregate: { aggregate: { count: n } } }] });
  await joined.last(count(0));
  await desk.execute('insert into tickets values (1, 1)');
  await joined.last(count(1));
  await desk.execute('delete from tickets');
  await joined.last(count(0));
  joined.close();
});

test('a role has the subscription fields that its permission names', async () => {
  const allowed = await subscribe('subscription { people { id } }', role('reader'));
  await allowed.last({ people: [{ id: 1 }] });
  allowed.close();
  for (const [name, query] of [
    ['reader', 'subscription { people_by_pk(id: 1) { id } }'],
    ['blind', 'subscription { people { id } }'],
    ['nobody', 'subscription { people { id } }'],
  ] as const) {
    const refused = await subscribe(query, role(name));
    await until(() => refused.isOver);
    expect(refused.answers).toMatchObject([{ errors: [{ extensions: { code: 'validation-failed' } }] }]);
  }
  const query = await subscribe('{ people_by_pk(id: 1) { id } }', role('blind'));
  await until(() => query.isOver);
  expect(query.answers).toEqual([{ data: { people_by_pk: { id: 1 } } }]);
});

test('<table>_changes is refused where the database does not report changed rows', async () => {
  const subscriber = await subscribe('subscription { people_changes { op } }');
  await until(() => subscriber.isComplete);
  expect(subscriber.answers).toMatchObject([
    {
      errors: [
        {
          message: expect.stringContaining('does not report the changed rows of this table, as it is set up'),
          extensions: { code: 'not-supported' },
        },
      ],
    },
  ]);
});

test('session variables in masks, and in rules over another source, have answers of their own', async () => {
  const as = (name: string, user: string) => ({ ...role(name), 'x-foz-user-id': user });
  const query = 'subscription { people(order_by: {id: asc}) { id name } }';
  const own = await subscribe(query, as('masked', '1'));
  const other = await subscribe(query, as('masked', '2'));
  await own.last(named('Ann'));
  await other.last({ people: [{ id: 1, name: null }] });
  const holder = await subscribe('subscription { people { id } }', as('holder', '7'));
  const nobody = await subscribe('subscription { people { id } }', as('holder', '8'));
  await holder.last({ people: [] });
  await nobody.last({ people: [] });
  await desk.execute('insert into tickets values (7, 1)');
  await holder.last({ people: [{ id: 1 }] });
  await rename('Joe');
  await own.last(named('Joe'));
  expect(other.answers).toEqual([{ data: { people: [{ id: 1, name: null }] } }]);
  expect(nobody.answers).toEqual([{ data: { people: [] } }]);
  await desk.execute('delete from tickets');
  await holder.last({ people: [] });
  await rename('Ann');
  for (const one of [own, other, holder, nobody]) one.close();
});

test('subscriptions of a caller are counted over all transports, and free their slot when they end', async () => {
  const first = await subscribe('subscription { people { id } }', role('few'));
  await first.last({ people: [{ id: 1 }] });
  await expect(subscribe('subscription { people { id } }', role('few'))).rejects.toThrow(
    /^429 .*limit-exceeded/,
  );
  const socket = overWebSocket('subscription { people { id } }', role('few'));
  await until(() => socket.ends.length > 0);
  expect(socket.ends).toMatchObject([[{ extensions: { code: 'limit-exceeded' } }]]);
  first.close();
  await until(async () => {
    const again = await subscribe('subscription { people { id } }', role('few')).catch(() => null);
    again?.close();
    return again !== null;
  });
});

test('the slot is free again after a changed graph has ended the subscription, over WebSocket too', async () => {
  const socket = overWebSocket('subscription { people { id } }', role('few'));
  await until(() => socket.answers.length === 1);
  const before = foz.attached.graphs.metadata;
  foz.attached.graphs.useMetadata({ tables: [] });
  await until(() => socket.ends.length > 0);
  foz.attached.graphs.useMetadata(before);
  const again = await subscribe('subscription { people { id } }', role('few'));
  await again.last({ people: [{ id: 1 }] });
  again.close();
});

test('the answers of a caller are paced over all its subscriptions and transports; the last ones are the newest', async () => {
  const startedAt = performance.now();
  const first = await subscribe(people, role('paced'));
  const second = overWebSocket(people, role('paced'));
  await first.last(named('Ann'));
  await until(() => second.answers.length === 1);
  for (let n = 1; n <= 60; n++) {
    await rename(`p${n}`);
    await pause(30);
  }
  await first.last(named('p60'));
  await until(() => JSON.stringify(second.answers.at(-1)) === JSON.stringify({ data: named('p60') }));
  const seconds = (performance.now() - startedAt) / 1000;
  // Each of the two has its first answer and one in advance, and two turns may come at once.
  expect(first.answers.length + second.answers.length).toBeLessThanOrEqual(6 + 2 * seconds);
  first.close();
  await second.stop();
  await rename('Ann');
});

test('a GET for server-sent events only reads', async () => {
  const query = 'mutation { insert_people_one(object: {id: 77, name: "x"}) { id } }';
  const response = await fetch(new URL(`graphql?${new URLSearchParams({ query })}`, foz.url), {
    headers: { ...admin, accept: 'text/event-stream' },
  });
  expect(await response.text()).toContain('A GET only reads');
  expect(await shop.query('select id from people where id = 77')).toEqual([]);
});

test('a changed graph: subscriptions that are still valid go on, others end with the reason', async () => {
  const kept = await subscribe(people, role('admin'));
  const lost = await subscribe('subscription { people { id } }', role('reader'));
  await kept.last(named('Ann'));
  await lost.last({ people: [{ id: 1 }] });
  const before = foz.attached.graphs.metadata;
  foz.attached.graphs.useMetadata({ tables: [] });
  await until(() => lost.isOver);
  expect(lost.answers.at(-1)).toMatchObject({ errors: [{ extensions: { code: 'validation-failed' } }] });
  await rename('Zoe');
  await kept.last(named('Zoe'));
  foz.attached.graphs.useMetadata(before);
  await rename('Ann');
  await kept.last(named('Ann'));
  expect(kept.answers).toEqual(['Ann', 'Zoe', 'Ann'].map((name) => ({ data: named(name) })));
  kept.close();
});

test('lowered limits reach subscriptions that run', async () => {
  const { graphs } = foz.attached;
  const before = graphs.limits;
  const deep = await subscribe('subscription { people { id tickets { id } } }');
  const flat = await subscribe('subscription { people { id } }');
  await deep.last({ people: [{ id: 1, tickets: [] }] });
  await flat.last({ people: [{ id: 1 }] });
  graphs.useLimits({ ...before, depth: 2 }, []);
  try {
    await until(() => deep.isOver);
    expect(deep.answers.at(-1)?.errors?.[0]?.message).toMatch(
      /3 levels deep, but at most 2.*The limits of the caller have changed/,
    );
    await shop.execute(`insert into people values (2, 'Two', '')`);
    await flat.last({ people: [{ id: 1 }, { id: 2 }] });
    graphs.useLimits({ ...before, answer_bytes: 10 }, []);
    await shop.execute('delete from people where id = 2');
    await until(() => flat.answers.at(-1)?.errors?.[0]?.extensions.code === 'limit-exceeded');
  } finally {
    graphs.useLimits(before, []);
    await shop.execute('delete from people where id = 2');
    flat.close();
  }
});

test('a changed schema: a removed column ends its subscriptions, an added table changes nothing for others', async () => {
  await shop.execute('create table things (id integer primary key, note text)');
  await foz.attached.registry.refresh(foz.attached.registry.sources[0]!.name);
  const notes = await subscribe('subscription { things { note } }');
  const other = await subscribe(people);
  await notes.last({ things: [] });
  await other.last(named('Ann'));
  await shop.execute('alter table things drop column note');
  await foz.attached.registry.refresh(foz.attached.registry.sources[0]!.name);
  await until(() => notes.isOver);
  expect(notes.answers.at(-1)?.errors).toMatchObject([
    {
      message: expect.stringMatching(
        /note.*\. The graph of the role has changed since the subscription started\.$/,
      ),
      extensions: { path: '$.selectionSet.things.selectionSet.note' },
    },
  ]);
  await rename('Kim');
  await other.last(named('Kim'));
  await rename('Ann');
  await other.last(named('Ann'));
  other.close();
});

test('a burst of writes is answered in far fewer runs, and the last answer is right', async () => {
  const burst = await subscribe(people);
  await burst.last(named('Ann'));
  for (let n = 1; n <= 200; n++) await rename(`n${n}`);
  await burst.last(named('n200'));
  expect(burst.answers.length).toBeLessThan(150);
  await rename('Ann');
  await burst.last(named('Ann'));
  burst.close();
});

test('no answers are queued for a client that does not read, and it gets the newest one when it reads', async () => {
  const wide = 'x'.repeat(200_000);
  await shop.execute(`update people set big = '${wide}'`);
  const response = await fetch(new URL('graphql', foz.url), {
    method: 'POST',
    headers: { ...admin, accept: 'text/event-stream', 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'subscription { people { name big } }' }),
  });
  const watching = await subscribe(people);
  for (let n = 1; n <= 60; n++) {
    await rename(`w${n}`);
    await watching.last(named(`w${n}`));
  }
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('"w60"')) text += (await reader.read()).value ?? '';
  expect(text.split('event: next').length - 1).toBeLessThan(50);
  await reader.cancel();
  watching.close();
  await shop.execute(`update people set big = '', name = 'Ann'`);
}, 60_000);

test('subscribers of one query share its runs; the last one to leave ends it', async () => {
  const { graphs } = foz.attached;
  const engine = graphs.engine({ role: parseRoleName('admin')!, variables: new Map() });
  let runs = 0;
  const live = engine.live.bind(engine);
  engine.live = (request) => {
    const operation = live(request);
    const run = operation.run.bind(operation);
    return {
      ...operation,
      run: (...given) => {
        runs++;
        return run(...given);
      },
    };
  };
  try {
    const query = 'subscription Shared { people { name } }';
    const many = await Promise.all(Array.from({ length: 20 }, () => subscribe(query)));
    for (const one of many) await one.last({ people: [{ name: 'Ann' }] });
    const before = runs;
    await rename('Bea');
    for (const one of many) await one.last({ people: [{ name: 'Bea' }] });
    expect(runs - before).toBeLessThan(10);
    for (const one of many) one.close();
    await rename('Ann');
  } finally {
    engine.live = live;
  }
});

test('a stop of the server ends subscriptions at once', async () => {
  const events = await subscribe(people);
  const socket = overWebSocket(people);
  await events.last(named('Ann'));
  await until(() => socket.answers.length === 1);
  const started = performance.now();
  await foz.close(20_000);
  expect(performance.now() - started).toBeLessThan(15_000);
  await until(() => events.isOver && socket.ends.length > 0);
  // A client takes a completed operation for finished, and does not subscribe again.
  expect([events.isComplete, socket.ends]).toEqual([false, [expect.objectContaining({ code: 1001 })]]);
});
