import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { LimitsConfig } from '../../src/access/index.ts';
import { connect } from '../../src/attach.ts';
import { mintAdminSecret, mintKey } from '../../src/auth/index.ts';
import type { FozConfig } from '../../src/control/index.ts';
import { start } from '../../src/main.ts';
import type { SourceConfig } from '../../src/views/index.ts';
import { open } from '../serve/socket/client.ts';
import { untilRead } from '../support/ready.ts';
import { pause, until } from '../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-limits-'));
const shop: SourceConfig = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') };
const secret = mintAdminSecret();

/**
 * A limit, an operation within it and one beyond it. The role `wide`, which has no limits, shows that the latter works otherwise.
 */
interface Case {
  readonly limits: LimitsConfig;
  readonly within: string;
  readonly beyond: string;
}
const long = `${'#'.repeat(1100)}\n{ orders { id } }`;
const cases = {
  depth: { limits: { depth: 2 }, within: '{ orders { id } }', beyond: '{ orders { items { id } } }' },
  nodes: {
    limits: { nodes: 2 },
    within: '{ orders { id } }',
    beyond: '{ orders { ...F } } fragment F on orders { a: id b: id }',
  },
  introspection: {
    limits: { nodes: 2 },
    within: '{ __schema { types { name } } }',
    beyond: `{ __schema { ${Array.from({ length: 600 }, (_, at) => `t${at}: types { name }`).join(' ')} } }`,
  },
  tokens: { limits: { tokens: 8 }, within: '{ orders { id } }', beyond: '{ orders { a: id b: id } }' },
  cost: { limits: { cost: 3 }, within: '{ orders(limit: 3) { id } }', beyond: '{ orders(limit: 4) { id } }' },
  answer_bytes: {
    limits: { answer_bytes: 1024 },
    within: '{ orders { id } }',
    beyond: '{ orders { note } }',
  },
  body_bytes: { limits: { body_bytes: 1024 }, within: '{ orders { id } }', beyond: long },
  time_ms: { limits: { time_ms: 1500 }, within: '{ orders { id } }', beyond: '{ endless { n } }' },
} satisfies Record<string, Case>;
const names = Object.keys(cases) as (keyof typeof cases)[];
/** Limits that do not apply to a single operation. */
const others = {
  rows: { rows: 2 },
  batch: { batch: 2 },
  concurrency: { concurrency: 1 },
  rate: { rate: { requests: 2, seconds: 60 } },
} satisfies Record<string, LimitsConfig>;
const all: Readonly<Record<string, LimitsConfig>> = {
  ...Object.fromEntries(names.map((name) => [name, cases[name].limits])),
  ...others,
};

/** Each limit applies to two roles, to a role that inherits from both, and to a key whose role has no limits. */
const callers = ['role', 'heir', 'key'] as const;
type Caller = (typeof callers)[number];
const keys = new Map(Object.keys(all).map((name) => [name, mintKey(new Uint8Array(32)).key]));
const headersOf = (name: string, caller: Caller): Record<string, string> =>
  caller === 'key'
    ? { 'x-api-key': keys.get(name)! }
    : { 'x-foz-admin-secret': secret, 'x-foz-role': caller === 'heir' ? `${name}_heir` : name };

const granted = ['wide', 'other', ...Object.keys(all).flatMap((name) => [name, `${name}_too`])];
const select = granted.map((role) => ({ role, permission: { columns: '*', filter: {} } }));
const config = {
  state: join(folder, 'state'),
  audit: false,
  server: {
    port: 0,
    graphiql: false,
    limits: {
      batch: 10,
      roles: Object.fromEntries(
        Object.entries(all).flatMap(([name, limits]) => [
          [name, limits],
          [`${name}_too`, limits],
        ]),
      ),
    },
  },
  auth: {
    admin_secrets: [{ name: 'test', secret }],
    api_keys: [...keys].map(([name, key]) => {
      const { rate, ...limits } = all[name]!;
      return {
        name,
        key,
        roles: ['wide', 'other'],
        default_role: 'wide',
        limits,
        ...(rate ? { rate_limit: rate } : {}),
      };
    }),
  },
  sources: [shop],
  metadata: {
    version: 1,
    inherited_roles: Object.keys(all).map((name) => ({
      role_name: `${name}_heir`,
      role_set: [name, `${name}_too`],
    })),
    tables: [
      {
        source: 'shop',
        table: 'orders',
        array_relationships: [
          {
            name: 'items',
            using: { manual_configuration: { remote_table: 'items', column_mapping: { id: 'order_id' } } },
          },
        ],
        select_permissions: select,
      },
      { source: 'shop', table: 'items', select_permissions: select },
      { source: 'shop', table: 'slow', select_permissions: select },
      { source: 'shop', table: 'endless', select_permissions: select },
    ],
  },
} as unknown as FozConfig;

let server: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  const connector = await connect(shop, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  for (const text of [
    'create table orders (id integer primary key, note text)',
    'create table items (id integer primary key, order_id integer)',
    `insert into orders select value, '${'x'.repeat(400)}' from json_each('[1,2,3,4]')`,
    'create view slow as with recursive c (n) as (select 1 union all select n + 1 from c where n < 2000000) select count(*) as n from c',
    'create view endless as with recursive c (n) as (select 1 union all select n + 1 from c where n < 1000000000) select count(*) as n from c',
  ])
    await connector.run({ text, slots: [] }, [], context);
  await connector.close();
  server = await start(config, { logger: pino({ level: 'silent' }) });
  await untilRead(server);
}, 180_000);
afterAll(() => server.close(100));

async function post(body: unknown, headers: Record<string, string>) {
  const response = await fetch(`${server.url}graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}
const codes = { time_ms: 'timeout' } as Readonly<Record<string, string>>;
const wide = { 'x-foz-admin-secret': secret, 'x-foz-role': 'wide' };

describe.each(callers)('of a %s', (caller) => {
  test.each(names)('%s holds over HTTP, also for what is planned already', async (name) => {
    const { within, beyond } = cases[name];
    const headers = headersOf(name, caller);
    for (let time = 0; time < 2; time++) {
      // The statement over its time ended the SQLite process. A request without a limit waits until the next process runs.
      if (name === 'time_ms') await post({ query: within }, wide);
      expect((await post({ query: within }, headers)).body).toEqual({ data: expect.anything() });
      if (name !== 'time_ms')
        expect((await post({ query: beyond }, wide)).body).toEqual({ data: expect.anything() });
      expect((await post({ query: beyond }, headers)).text).toContain(
        `"code":"${codes[name] ?? 'limit-exceeded'}"`,
      );
    }
  });

  test.each(names)('%s holds over WebSocket', async (name) => {
    const { within, beyond } = cases[name];
    const client = await open(server.url, { headers: headersOf(name, caller) });
    await client.init();
    expect(String(await client.ask('1', within))).toContain('"data":');
    const answers = await client.ask('2', beyond);
    if (name === 'body_bytes') expect(client.closed).toMatchObject({ code: 1009 });
    else expect(String(answers)).toContain(`"code":"${codes[name] ?? 'limit-exceeded'}"`);
    client.socket.close();
  });

  test('rows', async () => {
    const { body } = await post({ query: '{ orders { id } }' }, headersOf('rows', caller));
    expect(body.data.orders).toHaveLength(2);
  });

  test('batch', async () => {
    const one = { query: '{ orders { id } }' };
    const headers = headersOf('batch', caller);
    expect((await post([one, one], headers)).status).toBe(200);
    expect((await post([one, one, one], wide)).status).toBe(200);
    expect((await post([one, one, one], headers)).text).toContain(
      'A batch holds 1 to 2 operations, this one 3.',
    );
  });

  test('concurrency, over both transports together', async () => {
    const headers = headersOf('concurrency', caller);
    const client = await open(server.url, { headers });
    await client.init();
    let retryAfter: string | null = null;
    let id = 0;
    await until(async () => {
      client.begin(String(++id), '{ slow { n } }');
      await pause(20);
      const { status, headers: received } = await post({ query: '{ orders { id } }' }, headers);
      retryAfter = received.get('retry-after');
      return status === 429;
    });
    expect(retryAfter).toBe('1');
    expect((await post({ query: '{ orders { id } }' }, wide)).status).toBe(200);
    client.socket.close();
  });

  test('rate, over both transports together', async () => {
    const headers = headersOf('rate', caller);
    const client = await open(server.url, { headers });
    await client.init();
    expect(String(await client.ask('1', '{ orders { id } }'))).toContain('"data":');
    const second = await post({ query: '{ orders { id } }' }, headers);
    const name = caller === 'key' ? 'key' : 'role';
    expect([second.status, second.headers.get('ratelimit-policy'), second.headers.get('ratelimit')]).toEqual([
      200,
      `"${name}";q=2;w=60`,
      expect.stringMatching(new RegExp(`^"${name}";r=0;t=\\d+$`)),
    ]);
    expect(String(await client.ask('2', '{ orders { id } }'))).toMatch(
      /limit-exceeded.*come back in|come back in.*limit-exceeded/,
    );
    const third = await post({ query: '{ orders { id } }' }, headers);
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    if (caller === 'key')
      expect((await post({ query: '{ orders { id } }' }, { ...headers, 'x-foz-role': 'other' })).status).toBe(
        429,
      );
    client.socket.close();
  });
});

test('each operation of a batch counts', async () => {
  const headers = { 'x-foz-admin-secret': secret, 'x-foz-role': 'rate_too' };
  const one = { query: '{ orders { id } }' };
  const two = await post([one, one], headers);
  expect([two.status, two.headers.get('ratelimit')]).toEqual([200, expect.stringMatching(/^"role";r=0;/)]);
  const three = await post([one, one, one], headers);
  expect([three.status, three.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)]);
});

test('a limit that becomes smaller holds at once, also for what is planned already', async () => {
  const { graphs } = server.attached;
  const before = graphs.limits;
  const query = { query: '{ orders { id items { id } } }' };
  expect((await post(query, wide)).body).toEqual({ data: expect.anything() });
  const lists: never[] = [];
  try {
    for (const limits of [{ depth: 2 }, { nodes: 2 }, { tokens: 5 }, { cost: 5 }]) {
      graphs.useLimits({ roles: { wide: limits } }, lists);
      expect((await post(query, wide)).text).toContain('"code":"limit-exceeded"');
      graphs.useLimits({}, lists);
      expect((await post(query, wide)).body).toEqual({ data: expect.anything() });
    }
  } finally {
    graphs.useLimits(before, lists);
  }
});
