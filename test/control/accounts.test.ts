import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { mintKey } from '../../src/auth/index.ts';
import { queryAudit, verifyAudit } from '../../src/control/audit/index.ts';
import type { FozConfig } from '../../src/control/index.ts';
import { insertKey, revokeKey } from '../../src/control/store/repositories/api-keys.ts';
import { connect, type Started, start } from '../../src/main.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-accounts-'));
const secret = 'a secret of some length';
const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
let foz: Started;
let key = '';

beforeAll(async () => {
  const source = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
  const connector = await connect(source, true);
  await connector.run(
    { text: 'create table orders (id integer primary key, note text)', slots: [] },
    [],
    context,
  );
  await connector.close();
  const permission = { columns: '*', filter: {}, check: {} } as const;
  const config: FozConfig = {
    state: join(folder, 'state'),
    server: { port: 0, graphiql: false },
    auth: { admin_secrets: [{ name: 'ops', secret }] },
    sources: [source],
    metadata: {
      tables: [
        {
          source: 'shop',
          table: 'orders',
          select_permissions: [{ role: 'clerk', permission: { columns: '*', filter: {} } }],
          insert_permissions: [{ role: 'clerk', permission }],
        },
      ],
    },
  };
  foz = await start(config, { logger: pino({ level: 'silent' }) });
  const minted = mintKey(foz.plane!.peppers[0]!);
  key = minted.key;
  const { prefix, hash } = minted;
  await foz.plane!.store.write((db) =>
    insertKey(db, { id: 'key-1', name: 'till', prefix, hash, roles: ['clerk'] }),
  );
}, 60_000);
afterAll(() => foz?.close(0));

async function post(query: string, headers: Readonly<Record<string, string>>) {
  const response = await fetch(`${foz.url}graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, text: await response.text() };
}
const insert = (id: number) =>
  `mutation { insert_orders(objects: [{id: ${id}}, {id: ${id + 1}}]) { affected_rows } }`;
const records = async () => (await queryAudit(foz.plane!.store)).records;

test('a write is in the log when its client hears of it: who, from where, which table, how many rows', async () => {
  const asked = await post(insert(1), { 'x-api-key': key, 'x-request-id': 'request-1' });
  expect(asked).toEqual({ status: 200, text: '{"data":{"insert_orders":{"affected_rows":2}}}' });
  const [record] = await records();
  expect(record).toMatchObject({
    kind: 'mutation',
    outcome: 'success',
    actor: { kind: 'api-key', id: 'till', role: 'clerk' },
    keyId: 'key-1',
    address: '127.0.0.1',
    requestId: 'request-1',
    source: 'shop',
    table: 'shop.orders',
    affectedRows: 2,
    after: { action: 'insert' },
  });
});

test('a write that failed is told as such; a read is not written down', async () => {
  const before = (await records()).length;
  expect((await post(insert(1), { 'x-foz-admin-secret': secret })).text).toContain('"constraint-violation"');
  const [record] = await records();
  expect(record).toMatchObject({
    kind: 'mutation',
    outcome: 'failure',
    reason: 'constraint-violation',
    actor: { kind: 'admin-secret', id: 'ops', role: 'admin' },
  });
  await post('{ orders { id } }', { 'x-api-key': key });
  expect(await records()).toHaveLength(before + 1);
});

test('whoever is not let in is written down, without the credential', async () => {
  const wrong = `${key.slice(0, -8)}AAAAAAAA`;
  expect((await post('{ orders { id } }', { 'x-api-key': wrong })).status).toBe(401);
  const [record] = await records();
  expect(record).toMatchObject({ kind: 'refusal', outcome: 'refused', address: '127.0.0.1' });
  expect(JSON.stringify(await records())).not.toContain(wrong.slice(17, 50));
});

test('a key that is revoked in the store is refused', async () => {
  await foz.plane!.store.write((db) => revokeKey(db, 'key-1'));
  const latest = Date.now() + 2000;
  let status = 200;
  while (status === 200 && Date.now() < latest)
    status = (await post('{ orders { id } }', { 'x-api-key': key })).status;
  expect(status).toBe(401);
});

test('the chain of the log holds', async () => {
  const { audit, store } = foz.plane!;
  const report = await verifyAudit({
    store,
    key: await audit!.key(),
    checkpointFile: audit!.checkpoint.file,
  });
  expect(report.problems).toEqual([]);
});
