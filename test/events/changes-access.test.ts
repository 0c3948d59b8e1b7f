import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { mintKey } from '../../src/auth/index.ts';
import { type Started, start } from '../../src/main.ts';
import { queryAudit } from '../../src/store/index.ts';
import { type Connection, connect } from '../support/connect.ts';
import { until } from '../support/wait.ts';
import { outboxSetup, Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';
const admin = { 'x-foz-admin-secret': secret };
const key = mintKey(new Uint8Array(32)).key;
const role = (name: string, user = 1) => ({ ...admin, 'x-foz-role': name, 'x-foz-user-id': String(user) });

const own = { owner: { _eq: 'X-Foz-User-Id' } };
const table = {
  source: 'shop',
  table: 'raw_events',
  audit_reads: true,
  configuration: {
    custom_name: 'Happening',
    custom_root_fields: { select_changes: 'whatHappened' },
    column_config: { ttl: { custom_name: 'headline' } },
  },
  select_permissions: [
    { role: 'owner', permission: { columns: ['id', 'ttl'], filter: own } },
    { role: 'counter', permission: { columns: ['id', 'size'], filter: { size: { _gt: 5 } } } },
    { role: 'brief', permission: { columns: ['id', 'ttl'], filter: {} } },
  ],
};

/** The access to `<table>_changes`: transports, names, limits, inherited roles and the audit log. */
describe('changes of a renamed table', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foz-changes-access-'));
  const path = join(folder, 'shop.db');
  let client: Connection;
  let foz: Started;
  let next = 1;

  beforeAll(async () => {
    client = await connect('sqlite', path);
    await client.execute(
      'pragma busy_timeout = 20000; create table raw_events (id integer primary key, owner integer, ttl text, size integer)',
    );
    foz = await start(
      {
        state: join(folder, 'state'),
        server: {
          port: 0,
          graphiql: false,
          limits: { roles: { brief: { subscriptions: 1, answer_bytes: 300 } } },
        },
        audit: true,
        auth: {
          admin_secrets: [secret],
          api_keys: [{ name: 'one', key, roles: ['counter'], limits: { subscriptions: 1 } }],
        },
        sources: [{ name: 'shop', kind: 'sqlite', path }],
        metadata: {
          tables: [table],
          inherited_roles: [{ role_name: 'both', role_set: ['owner', 'counter'] }],
        },
      } as unknown as Parameters<typeof start>[0],
      { logger: pino({ level: 'silent' }) },
    );
    for (const text of await outboxSetup(foz, ['raw_events'])) await client.execute(text);
  }, 60_000);
  afterAll(async () => {
    await client?.close();
    await foz?.close(0);
    rmSync(folder, { recursive: true, force: true });
  });

  const insert = async (title: string, { owner = 1, size = 1 } = {}) => {
    const id = next++;
    await client.execute(`insert into raw_events values (${id}, ${owner}, '${title}', ${size})`);
    return id;
  };
  const query = 'subscription { whatHappened { op new { id headline } } }';
  const subscribe = async (headers: Readonly<Record<string, string>>, text = query) => {
    const subscriber = await Subscriber.open(foz.url, { query: text }, headers);
    await subscriber.count(1);
    return subscriber;
  };
  const changesOf = ({ answers }: Subscriber) =>
    answers.flatMap(({ data }) => (data?.whatHappened ?? []) as { readonly new: Record<string, unknown> }[]);

  test('every transport sends the same answers, under the given names', async () => {
    const events = await subscribe(admin);
    const socket = createClient({
      url: `${foz.url.replace('http', 'ws')}graphql`,
      webSocketImpl: WebSocket,
      connectionParams: admin,
      retryAttempts: 0,
    });
    const overSocket: unknown[] = [];
    const stop = socket.subscribe(
      { query },
      { next: (answer) => void overSocket.push(answer), error() {}, complete() {} },
    );
    const response = await fetch(new URL('graphql', foz.url), {
      method: 'POST',
      headers: {
        ...admin,
        'content-type': 'application/json',
        accept: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json',
      },
      body: JSON.stringify({ query }),
    });
    expect(response.headers.get('content-type')).toContain('multipart/mixed');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let parts = '';
    const reading = (async () => {
      for (let read = await reader.read(); !read.done; read = await reader.read()) parts += read.value;
    })().catch(() => {});
    const payloads = () =>
      parts
        .split('--graphql')
        .flatMap((part) => /^\r\ncontent-type: application\/json\r\n\r\n(.*)\r\n$/s.exec(part)?.[1] ?? []);
    await until(() => overSocket.length === 1 && payloads().length === 1);
    const id = await insert('told to all');
    await until(() => [events.texts, overSocket, payloads()].every(({ length }) => length === 2), 20_000);
    expect(events.texts).toEqual([
      '{"data":{"whatHappened":[]}}',
      `{"data":{"whatHappened":[{"op":"insert","new":{"id":${id},"headline":"told to all"}}]}}`,
    ]);
    expect(overSocket).toEqual(events.answers);
    expect(payloads()).toEqual(events.texts.map((text) => `{"payload":${text}}`));
    stop();
    await socket.dispose();
    events.close();
    await reader.cancel();
    await reading;
  }, 60_000);

  test('an inherited role gets what one of its roles may see, and of each row the columns of those that see it', async () => {
    const both = await subscribe(
      role('both'),
      'subscription { whatHappened { op new { id headline size } } }',
    );
    await insert('of another one', { owner: 2, size: 1 });
    const mine = await insert('mine', { owner: 1, size: 1 });
    const large = await insert('large', { owner: 2, size: 9 });
    const all = await insert('mine and large', { owner: 1, size: 9 });
    await until(() => changesOf(both).length === 3, 20_000);
    expect(changesOf(both).map((change) => change.new)).toEqual([
      { id: mine, headline: 'mine', size: null },
      { id: large, headline: null, size: 9 },
      { id: all, headline: 'mine and large', size: 9 },
    ]);
    both.close();
  }, 60_000);

  test('a role, and a key, may have as many subscriptions at once as their limit says', async () => {
    const first = await subscribe(role('brief'));
    await expect(subscribe(role('brief'))).rejects.toThrow(/^429/);
    first.close();
    let second: Subscriber | null = null;
    await until(async () => {
      second = await subscribe(role('brief')).catch(() => null);
      return second !== null;
    }, 20_000);
    second!.close();
    const counted = 'subscription { whatHappened { new { id size } } }';
    const byKey = await subscribe({ 'x-api-key': key }, counted);
    await expect(subscribe({ 'x-api-key': key }, counted)).rejects.toThrow(/^429/);
    byKey.close();
  }, 60_000);

  test('an answer that is longer than the role may have ends with the reason', async () => {
    let brief: Subscriber | null = null;
    await until(async () => {
      brief = await subscribe(role('brief')).catch(() => null);
      return brief !== null;
    }, 20_000);
    const subscriber = brief! as Subscriber;
    await insert('short');
    await until(() => changesOf(subscriber).length === 1, 20_000);
    await insert('long '.repeat(100));
    await until(() => subscriber.isComplete, 20_000);
    expect(subscriber.answers.at(-1)!.errors?.[0]?.extensions.code).toBe('limit-exceeded');
  }, 60_000);

  test('what was read is in the audit log, with the role and the table', async () => {
    const subscriber = await subscribe(role('owner', 7), 'subscription Mine { whatHappened { new { id } } }');
    await insert('recorded', { owner: 7 });
    await until(() => changesOf(subscriber).length === 1, 20_000);
    subscriber.close();
    const records = async () => (await queryAudit(foz.plane!.store, { kinds: ['read'] })).records;
    await until(async () => (await records()).some(({ actor }) => actor?.role === 'owner'), 20_000);
    expect((await records()).find(({ actor }) => actor?.role === 'owner')).toMatchObject({
      kind: 'read',
      outcome: 'success',
      source: 'shop',
      table: 'shop.raw_events',
    });
  }, 60_000);
});
