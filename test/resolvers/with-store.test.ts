import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { type Running, running } from '../control/sources/runtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-with-store-'));
const shop = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
let foz: Running;

beforeAll(async () => {
  const connector = await connect(shop, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  await connector.run({ text: 'create table orders (id integer primary key)', slots: [] }, [], context);
  await connector.close();
  foz = await running({
    state: join(folder, 'state'),
    sources: [shop],
    server: { port: 0, graphiql: false, limits: { body_bytes: 2048 } },
  });
}, 60_000);
afterAll(async () => {
  await foz.server.close(100);
  rmSync(folder, { recursive: true });
});

const replace =
  'mutation ($document: JSON!, $force: Boolean!) { replaceMetadata(document: $document, force: $force) { applied } }';
const health = async () =>
  (await foz.control('{ health { ok unavailable leftOut store auditLost } }')).data.health;

test('metadata may be longer than requests for data; who is no admin is not listened to', async () => {
  const select_permissions = Array.from({ length: 100 }, (_, at) => ({
    role: `role_${at}`,
    permission: { columns: ['id'], filter: {} },
  }));
  const document = { tables: [{ source: 'shop', table: 'orders', select_permissions }] };
  expect((await foz.control(replace, { document, force: false })).data).toEqual({
    replaceMetadata: { applied: true },
  });
  const stranger = await fetch(`${foz.server.url}control/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: replace, variables: { document, force: false } }),
  });
  expect(stranger.status).toBe(401);
  expect((await foz.ask(' '.repeat(3000))).errors?.[0]?.extensions.code).toBe('limit-exceeded');
});

test('health tells of permissions that are wrong', async () => {
  expect(await health()).toEqual({ ok: true, unavailable: [], leftOut: [], store: null, auditLost: 0 });
  const permission = { columns: ['gone'], filter: {} };
  const tables = [{ source: 'shop', table: 'orders', select_permissions: [{ role: 'clerk', permission }] }];
  await foz.control(replace, { document: { tables }, force: true });
  expect(await health()).toMatchObject({ ok: false, leftOut: [expect.stringContaining('orders')] });
  await foz.control(replace, { document: { tables: [] }, force: false });
  expect(await health()).toMatchObject({ ok: true });
});

test('of a failure inside, the log has what the answer has not', async () => {
  await foz.server.plane!.store.write((db) => db.raw('drop table foz.operations'));
  const { errors, text } = await foz.control(
    'mutation { allowOperation(role: "clerk", document: "{ orders { id } }") { mode } }',
  );
  expect(errors).toMatchObject([
    { message: expect.stringMatching(/the log has the details/), extensions: { code: 'unexpected' } },
  ]);
  expect(text).not.toContain('foz.operations');
  expect(foz.logged.filter((line) => line.includes('"unexpected error"'))).toEqual([
    expect.stringMatching(/relation .*foz\.operations.* does not exist/),
  ]);
});

test('health tells of a store that does not answer', async () => {
  await foz.server.plane!.store.close();
  expect(await health()).toMatchObject({ ok: false, store: 'The store is closed.' });
});
