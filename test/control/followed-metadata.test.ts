import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { connect } from '../../src/attach.ts';
import { type Started, start } from '../../src/main.ts';
import { untilRead } from '../support/ready.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-followed-'));
const secret = 'a secret of some length';
let foz: Started;

beforeAll(async () => {
  const source = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
  const connector = await connect(source, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  await connector.run({ text: 'create table orders (id integer primary key)', slots: [] }, [], context);
  await connector.close();
  foz = await start(
    {
      state: join(folder, 'state'),
      server: { port: 0, graphiql: false },
      auth: { admin_secrets: [secret] },
      audit: false,
      sources: [source],
    },
    { logger: pino({ level: 'silent' }) },
  );
  await untilRead(foz);
}, 60_000);
afterAll(() => foz?.close(0));

async function asClerk(): Promise<string> {
  const response = await fetch(`${foz.url}graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret, 'x-foz-role': 'clerk' },
    body: JSON.stringify({ query: '{ orders { id } }' }),
  });
  return response.text();
}

test('metadata that is written to the store holds within two seconds, and so does its withdrawal', async () => {
  expect(await asClerk()).toContain('"validation-failed"');
  const permission = { columns: '*', filter: {} } as const;
  const tables = [{ source: 'shop', table: 'orders', select_permissions: [{ role: 'clerk', permission }] }];
  const actor = { kind: 'command', id: null, role: null } as const;
  const { store } = foz.plane!;
  const version = await store.writeMetadata(0, { tables }, actor);
  await until('{"data":{"orders":[]}}');
  await store.writeMetadata(version, { tables: [] }, actor);
  await until('"validation-failed"');
});

async function until(part: string): Promise<void> {
  for (const latest = Date.now() + 2000; Date.now() < latest; ) {
    if ((await asClerk()).includes(part)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never ${part}`);
}
