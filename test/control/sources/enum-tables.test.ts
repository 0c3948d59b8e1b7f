import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { connect } from '../../../src/attach.ts';
import { type Started, start } from '../../../src/main.ts';
import { untilRead } from '../../support/ready.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-enum-tables-'));
const secret = 'a secret of some length';
const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const source = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
let foz: Started;

const startFoz = async () => {
  const started = await start(
    {
      state: join(folder, 'state'),
      server: { port: 0, graphiql: false },
      auth: { admin_secrets: [{ name: 'ops', secret }] },
      sources: [source],
    },
    { logger: pino({ level: 'silent' }) },
  );
  await untilRead(started);
  return started;
};

beforeAll(async () => {
  const connector = await connect(source, { create: true });
  for (const text of [
    'create table statuses (value text primary key)',
    'create table orders (id integer primary key, status text references statuses)',
    `insert into statuses values ('open'), ('closed')`,
  ])
    await connector.run({ text, slots: [] }, [], context);
  await connector.close();
  foz = await startFoz();
}, 60_000);
afterAll(() => foz?.close(0));

async function ask(query: string, path = 'control/graphql') {
  const response = await fetch(`${foz.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as { data: Record<string, unknown> | null; errors?: { message: string }[] };
}

const statusType = async () => {
  const { data } = await ask('{ __type(name: "orders") { fields { name type { name } } } }', 'graphql');
  const { fields } = data!.__type as { fields: { name: string; type: { name: string | null } }[] };
  return fields.find(({ name }) => name === 'status')!.type.name;
};
const set = (table: string, isEnum: boolean, more = '') =>
  ask(
    `mutation { setEnumTable(source: "shop", table: "${table}", isEnum: ${isEnum}${more}) { causes { where reason } } }`,
  );

test('a table becomes an enum while Foz runs, and stays one after a restart', async () => {
  expect(await statusType()).toBe('String');
  expect((await set('statuses', true, ', dryRun: true')).data).toEqual({ setEnumTable: { causes: [] } });
  expect(await statusType()).toBe('String');
  expect((await set('statuses', true)).errors).toBeUndefined();
  expect(await statusType()).toBe('statuses_enum');
  expect((await ask('{ tables(search: "statuses") { isEnum } }')).data).toEqual({
    tables: [{ isEnum: true }],
  });
  await foz.close(0);
  foz = await startFoz();
  for (let tries = 0; tries < 300 && (await statusType()) !== 'statuses_enum'; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await statusType()).toBe('statuses_enum');
  expect((await set('statuses', false)).errors).toBeUndefined();
  expect(await statusType()).toBe('String');
}, 60_000);

test('tables come in parts, and are counted', async () => {
  const { data } = await ask(
    '{ all: tables { name } first: tables(limit: 1) { name } rest: tables(offset: 1) { name } none: tables(limit: 0) { name } tableCount found: tableCount(search: "STATUS") }',
  );
  expect(data).toEqual({
    all: [{ name: 'statuses' }, { name: 'orders' }],
    first: [{ name: 'statuses' }],
    rest: [{ name: 'orders' }],
    none: [],
    tableCount: 2,
    found: 1,
  });
  expect((await ask('{ tables(offset: -1) { name } }')).errors![0]!.message).toContain(
    'must not be negative',
  );
});

test('a table that cannot be one is refused with the reason', async () => {
  const { errors } = await set('orders', true);
  expect(errors![0]!.message).toMatch(
    /shop\.orders: the table cannot be an enum \(is_enum\): it has the column id, which is no text/,
  );
});
