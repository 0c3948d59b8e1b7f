import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../../src/attach.ts';
import { attachSource, type Running, running } from './runtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-attached-'));
const files = join(folder, 'files');
const config = {
  state: join(folder, 'state'),
  control: { files },
  sources: [{ name: 'own', kind: 'sqlite', path: join(folder, 'own.db') }],
} as const;
const context = { signal: new AbortController().signal, timeoutMs: 10_000 };

async function database(path: string, ...scripts: readonly string[]): Promise<void> {
  const connector = await connect({ name: 'own', kind: 'sqlite', path }, { create: true });
  for (const text of scripts) await connector.run({ text, slots: [] }, [], context);
  await connector.close();
}

let foz: Running;
beforeAll(async () => {
  mkdirSync(files);
  await database(join(folder, 'own.db'), 'create table owned (id integer primary key)');
  await database(
    join(files, 'shop.db'),
    'create table orders (id integer primary key, total integer)',
    'insert into orders values (1, 5)',
  );
  await database(join(files, 'other.db'), 'create table invoices (id integer primary key)');
  foz = await running(config);
}, 60_000);
afterAll(async () => {
  await foz?.server.close(0);
  rmSync(folder, { recursive: true, force: true });
});

const attach = (name: string, path: string, more: object = {}) =>
  foz.control(attachSource, { name, kind: 'sqlite', settings: { path }, ...more });
const codes = async (answer: Promise<{ errors?: readonly { extensions: { code: string } }[] }>) =>
  (await answer).errors?.map(({ extensions }) => extensions.code);

test('a database is tried, attached, served, changed, served anew after a restart, and detached', async () => {
  const tried = await foz.control(
    'mutation { testSource(kind: sqlite, settings: {path: "shop.db"}) { ok reason tables } }',
  );
  expect(tried.data).toEqual({ testSource: { ok: true, reason: null, tables: 1 } });
  expect((await foz.ask('{ orders { id } }')).errors?.[0]?.extensions.code).toBe('validation-failed');

  const { data } = await attach('shop', 'shop.db');
  expect(data.attachSource).toMatchObject({
    name: 'shop',
    kind: 'sqlite',
    state: 'available',
    tables: 1,
    owner: 'store',
    revision: 1,
  });
  expect((await foz.ask('{ orders { id total } }')).data).toEqual({ orders: [{ id: 1, total: 5 }] });
  expect((await foz.control('{ sources { name owner } }')).data.sources).toEqual([
    { name: 'own', owner: 'file' },
    { name: 'shop', owner: 'store' },
  ]);

  await foz.server.close(0);
  foz = await running(config);
  expect((await foz.ask('{ orders { id } }')).data).toEqual({ orders: [{ id: 1 }] });

  const update =
    'mutation ($settings: SourceSettingsInput!, $revision: SafeInt) { updateSource(name: "shop", settings: $settings, revision: $revision) { revision tables settings { path readonly } } }';
  const updated = await foz.control(update, { settings: { path: 'other.db', readonly: true }, revision: 1 });
  expect(updated.data.updateSource).toMatchObject({
    revision: 2,
    tables: 1,
    settings: { readonly: true, path: expect.stringMatching(/other\.db$/) },
  });
  expect((await foz.ask('{ invoices { id } }')).data).toEqual({ invoices: [] });
  expect((await foz.ask('{ orders { id } }')).errors?.[0]?.extensions.code).toBe('validation-failed');
  expect(await codes(foz.control(update, { settings: { readonly: false }, revision: 1 }))).toEqual([
    'conflict',
  ]);
  expect((await foz.control(update, { settings: { readonly: null } })).data.updateSource).toMatchObject({
    revision: 3,
    settings: { readonly: null },
  });

  expect((await foz.control('mutation { detachSource(name: "shop") }')).data).toEqual({ detachSource: true });
  expect((await foz.ask('{ invoices { id } }')).errors?.[0]?.extensions.code).toBe('validation-failed');
  expect((await foz.ask('{ owned { id } }')).data).toEqual({ owned: [] });
  const { data: log } = await foz.control('{ audit { entries { operation source outcome } } }');
  const changes = log.audit.entries.filter(({ operation }: { operation: string }) =>
    operation?.startsWith('source.'),
  );
  expect(changes.map(({ operation }: { operation: string }) => operation).sort()).toEqual([
    'source.attach',
    'source.detach',
    'source.update',
    'source.update',
  ]);
}, 60_000);

test('what runs on a source when it is taken away is answered', async () => {
  await attach('slow', 'shop.db');
  const endless =
    '{ orders(where: {_and: [{id: {_gt: 0}}]}) { id } again: orders_aggregate { aggregate { count } } }';
  const asked = Array.from({ length: 50 }, () => foz.ask(endless));
  const detached = foz.control('mutation { detachSource(name: "slow") }');
  for (const { errors } of await Promise.all(asked))
    expect(errors?.map(({ extensions }) => extensions.code) ?? []).not.toContain('unexpected');
  expect((await detached).data).toEqual({ detachSource: true });
});

test('wrong settings are told all at once, and nothing is attached', async () => {
  expect(await codes(attach('own', 'shop.db'))).toEqual(['conflict']);
  expect(await codes(attach('no name', 'shop.db'))).toEqual(['validation-failed']);
  expect(await codes(attach('gone', 'gone.db'))).toEqual(['unavailable']);
  const both = await foz.control(attachSource, {
    name: 'wrong',
    kind: 'postgres',
    settings: { pool: { max: 0 } },
  });
  expect(both.errors?.[0]?.message).toMatch(/source needs "url"/);
  expect(both.errors?.[0]?.message).toMatch(/source\.pool\.max must be at least 1/);
  const url = await foz.control(attachSource, {
    name: 'wrong',
    kind: 'postgres',
    settings: { url: 'nothing of hunter2' },
  });
  expect(url.errors?.[0]?.extensions.code).toBe('validation-failed');
  expect(url.text).not.toContain('hunter2');
  expect((await foz.control('{ sources { name } }')).data.sources).toEqual([{ name: 'own' }]);
});

test('files outside of the folder for them are not opened, by no way of writing their path', async () => {
  symlinkSync(folder, join(files, 'link'));
  for (const path of ['../own.db', join(folder, 'own.db'), 'link/own.db', '/etc/passwd', '.', ''])
    expect([path, await codes(attach('away', path))]).toEqual([path, ['validation-failed']]);
});

test.each(['sslrootcert', 'sslcert', 'sslkey', 'sslr%6Fotcert'])(
  'no file of the machine is read for a parameter of a URL: %s',
  async (name) => {
    const url = `postgres://u:p@127.0.0.1:1/db?${name}=${join(folder, 'own.db')}`;
    const tried = await foz.control(
      'mutation ($url: String!) { testSource(kind: postgres, settings: {url: $url}) { reason } }',
      { url },
    );
    expect(tried.errors?.[0]).toMatchObject({
      message: expect.stringMatching(/source\.url .* as PEM in source\.tls/),
      extensions: { code: 'validation-failed' },
    });
    expect(
      await codes(foz.control(attachSource, { name: 'y', kind: 'postgres', settings: { url } })),
    ).toEqual(['validation-failed']);
  },
);

test('what the configuration file declares cannot be changed at run time', async () => {
  expect(await codes(foz.control('mutation { detachSource(name: "own") }'))).toEqual(['not-supported']);
  expect(
    await codes(foz.control('mutation { updateSource(name: "own", settings: {readonly: true}) { name } }')),
  ).toEqual(['not-supported']);
  expect(await codes(foz.control('mutation { detachSource(name: "nobody") }'))).toEqual(['not-found']);
});

test('a refresh is shown before it is done', async () => {
  await attach('shop', 'shop.db');
  await database(join(files, 'shop.db'), 'create table returns (id integer primary key)');
  const changes = '{ sourceChanges(name: "shop") { change what } }';
  const added = [{ change: 'added', what: expect.stringContaining('returns') }];
  expect((await foz.control(changes)).data.sourceChanges).toEqual(added);
  expect((await foz.ask('{ returns { id } }')).errors).toBeDefined();
  await foz.control('mutation { refreshSource(name: "shop") { name } }');
  expect((await foz.control(changes)).data.sourceChanges).toEqual([]);
  expect((await foz.ask('{ returns { id } }')).data).toEqual({ returns: [] });
  expect(await codes(foz.control('{ sourceChanges(name: "nobody") { what } }'))).toEqual(['not-found']);
});

test('a Foz without a store can try databases, not keep them', async () => {
  const bare = await running({
    ...config,
    state: join(folder, 'bare'),
    auth: undefined,
    server: { port: 0, graphiql: false, admin_secret: 'a secret of some length' },
  });
  const tried = await bare.control(
    'mutation { testSource(kind: sqlite, settings: {path: "other.db"}) { ok tables } }',
  );
  expect(tried.data.testSource).toEqual({ ok: true, tables: 1 });
  expect(
    await codes(bare.control(attachSource, { name: 'x', kind: 'sqlite', settings: { path: 'other.db' } })),
  ).toEqual(['not-supported']);
  await bare.server.close(0);
});
