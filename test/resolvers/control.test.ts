import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphQLInt, getNamedType, isObjectType, lexicographicSortSchema, printSchema } from 'graphql';
import { pino } from 'pino';
import { buildControlGraph } from '../../resolvers/index.ts';
import { connect } from '../../src/attach.ts';
import { start } from '../../src/main.ts';
import type { SourceConfig } from '../../src/views/index.ts';

const secret = 'a secret of sixteen or more';
const folder = mkdtempSync(join(tmpdir(), 'foz-control-'));
const shop: SourceConfig = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') };
const context = { signal: new AbortController().signal, timeoutMs: 10_000 };

async function run(text: string): Promise<void> {
  const connector = await connect(shop, { create: true });
  await connector.run({ text, slots: [] }, [], context);
  await connector.close();
}

let server: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  await run('create table orders (id integer primary key)');
  server = await start(
    {
      state: join(folder, 'state'),
      server: { port: 0, admin_secret: secret, graphiql: false },
      sources: [shop],
    },
    { logger: pino({ level: 'silent' }) },
  );
}, 30_000);
afterAll(() => server.close(100));

async function control(
  query: string,
  given: string | null = secret,
  method = 'POST',
  variables?: Readonly<Record<string, unknown>>,
) {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...(given === null ? {} : { 'x-foz-admin-secret': given }),
  };
  const response = await fetch(`${server.url}control/graphql`, {
    method,
    headers,
    ...(method === 'POST' ? { body: JSON.stringify({ query, variables }) } : {}),
  });
  return {
    status: response.status,
    body: (await response.json()) as { data?: Record<string, unknown>; errors?: { message: string }[] },
  };
}

test('schema/control.graphql is the graph as it is (npm run codegen)', async () => {
  const printed = `${printSchema(lexicographicSortSchema(await buildControlGraph()))}\n`;
  expect(readFileSync(join(import.meta.dirname, '../../schema/control.graphql'), 'utf8')).toBe(printed);
});

test('32 bits are for what cannot grow beyond them: everything else is SafeInt', async () => {
  const types = Object.values((await buildControlGraph()).getTypeMap());
  const short = types
    .filter(isObjectType)
    .flatMap((type) =>
      Object.values(type.getFields()).flatMap(({ name, args, ...field }) => [
        ...(getNamedType(field.type) === GraphQLInt ? [`${type.name}.${name}`] : []),
        ...args.filter((one) => getNamedType(one.type) === GraphQLInt).map((one) => `${name}(${one.name})`),
      ]),
    );
  expect(short.sort()).toEqual([
    'Delivery.attempts',
    'DeliveryAttempt.number',
    'DeliveryAttempt.status',
    'HookCall.bytes',
    'HookCall.status',
    'Mutation.endUserSessions',
    'Mutation.redeliver',
    'PoolState.idle',
    'PoolState.size',
    'PoolState.waiting',
    'Query.tableCount',
    'Run.version',
    'RunStep.attempts',
    'Source.readMilliseconds',
    'Source.tables',
    'SourceReading.tables',
    'SourceTest.milliseconds',
    'SourceTest.tables',
    'Workflow.version',
    'audit(limit)',
    'deliveries(limit)',
    'hookCalls(limit)',
    'metadataHistory(first)',
    'pruneAudit(days)',
    'redeliver(limit)',
    'rotateKey(overlapSeconds)',
    'runs(limit)',
    'syncProblems(limit)',
    'tables(limit)',
    'tables(offset)',
    'users(limit)',
  ]);
});

test('without the secret nothing is told', async () => {
  for (const given of [null, '', 'wrong', `${secret}x`])
    expect((await control('{ sources { name } }', given)).status).toBe(401);
  expect((await control('', secret, 'GET')).status).toBe(405);
});

test('sources and issues', async () => {
  const { body } = await control('{ sources { name kind state reason tables } issues { where } }');
  expect(body).toEqual({
    data: {
      sources: [{ name: 'shop', kind: 'sqlite', state: 'available', reason: null, tables: 1 }],
      issues: [],
    },
  });
});

test('health', async () => {
  expect((await control('{ health { ok unavailable leftOut } }')).body).toEqual({
    data: { health: { ok: true, unavailable: [], leftOut: [] } },
  });
});

test('a refresh takes over what has changed', async () => {
  await run('create table customers (id integer primary key)');
  expect((await control('mutation { refreshSource(name: "shop") { tables } }')).body).toEqual({
    data: { refreshSource: { tables: 2 } },
  });
  const response = await fetch(`${server.url}graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ customers { id } }"}',
  });
  expect(await response.text()).toBe('{"data":{"customers":[]}}');
  expect(
    (await control('mutation { refreshSource(name: "other") { tables } }')).body.errors?.[0]?.message,
  ).toBe('There is no source "other".');
});

test('explain', async () => {
  const { body } = await control('{ explain(query: "{ orders { id } }") }');
  expect(body.data?.explain).toMatch(/\n1\. orders \[shop\]\n {3}select /);
});

test('errors carry a code', async () => {
  const codes = async (query: string) => {
    const { body } = await control(query);
    return (body.errors as unknown as { extensions: { code: string } }[]).map(
      ({ extensions }) => extensions.code,
    );
  };
  expect(await codes('{ sources {')).toEqual(['parse-failed']);
  expect(await codes('{ nothing }')).toEqual(['validation-failed']);
  expect(await codes('mutation { refreshSource(name: "other") { tables } }')).toEqual(['not-found']);
  expect(await codes('{ explain(query: "{ orders {") }')).toEqual(['parse-failed']);
  expect(await codes('{ explain(query: "{ nothing }") }')).toEqual(['validation-failed']);
});

test.each([
  ['{ sources {', {}, ['$']],
  ['{ sources { nme } nothing }', {}, ['$.selectionSet.sources.selectionSet.nme', '$.selectionSet.nothing']],
  [
    'mutation { refreshSource(nme: "a", name: 5) { name } }',
    {},
    ['$.selectionSet.refreshSource.args.nme', '$.selectionSet.refreshSource.args.name'],
  ],
  ['mutation { refreshSource(name: "other") { tables } }', {}, ['$.selectionSet.refreshSource']],
  ['query ($q: String!) { explain(query: $q) }', { q: '{ nothing }' }, ['$.selectionSet.explain']],
  ['query ($q: String!) { explain(query: $q) }', { q: 5 }, ['$.variableValues.q']],
  [
    'mutation ($i: KeyInput!, $j: KeyInput!) { a: createKey(input: $i) { text } b: createKey(input: $j) { text } }',
    { i: { name: 'a', roles: ['admin', 5], rols: 1 } },
    ['$.variableValues.i.roles[1]', '$.variableValues.i.rols', '$.variableValues.j'],
  ],
])('errors tell their place: %s %j', async (query, variables, places) => {
  const { body } = await control(query, secret, 'POST', variables);
  const errors = body.errors as unknown as { extensions: { path: string } }[];
  expect(errors.map(({ extensions }) => extensions.path)).toEqual(places);
});

test.each(['null', '[]', '{', '{"query": 5}', '{"query": "{ sources { name } }", "variables": "x"}'])(
  'a body that is no request: %s',
  async (body) => {
    const response = await fetch(`${server.url}control/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
      body,
    });
    expect(response.status).toBe(400);
  },
);
