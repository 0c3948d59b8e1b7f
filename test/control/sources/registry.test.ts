import { mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach, connect } from '../../../src/attach.ts';
import type { FozConfig } from '../../../src/control/index.ts';
import { parseSourceName } from '../../../src/core/index.ts';
import type { SourceConfig } from '../../../src/views/index.ts';
import { Graphs, SourceRegistry, StoredCatalog } from '../../../src/views/index.ts';
import { ask } from '../../support/cases/run.ts';

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const name = (text: string) => parseSourceName(text)!;

async function database(file: string, ...scripts: readonly string[]): Promise<void> {
  const connector = await connect({ name: 'own', kind: 'sqlite', path: file }, { create: true });
  for (const text of scripts) await connector.run({ text, slots: [] }, [], context);
  await connector.close();
}

async function registry(state: string, ...configs: readonly SourceConfig[]): Promise<SourceRegistry> {
  const sources = await Promise.all(
    configs.map(async (config) => ({ name: name(config.name), config, connector: await connect(config) })),
  );
  return new SourceRegistry(sources, new StoredCatalog(state, 'writes'));
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(condition()).toBe(true);
}

const folder = mkdtempSync(join(tmpdir(), 'foz-sources-'));
const state = join(folder, 'state');
const shop: SourceConfig = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') };
const desk: SourceConfig = { name: 'desk', kind: 'sqlite', path: join(folder, 'desk.db') };
const config: FozConfig = { sources: [shop, desk] };

test('a source that is down is served from the stored catalog, told by its name, and comes back by itself', async () => {
  await database(shop.path!, 'create table orders (id integer primary key)', 'insert into orders values (7)');
  await database(desk.path!, 'create table tickets (id integer primary key)');
  const first = await registry(state, shop, desk);
  await first.start();
  expect(first.sources.map((source) => source.status.state)).toEqual(['available', 'available']);
  await first.close();

  renameSync(shop.path!, `${shop.path}.away`);
  const second = await registry(state, shop, desk);
  await second.start();
  const graphs = new Graphs(config, second);
  try {
    expect(second.sources.map((source) => source.status.state)).toEqual(['unavailable', 'available']);
    const down = JSON.parse(await ask(graphs.engine(), { query: '{ orders { id } }', variables: {} }));
    expect([down.errors[0].extensions.code, down.errors[0].extensions.source]).toEqual([
      'unavailable',
      'shop',
    ]);
    expect(down.errors[0].message).toMatch(/^Source "shop": /);
    expect(await ask(graphs.engine(), { query: '{ tickets { id } }', variables: {} })).toBe(
      '{"data":{"tickets":[]}}',
    );

    renameSync(`${shop.path}.away`, shop.path!);
    await until(() => second.sources[0]!.status.state === 'available');
    expect(await ask(graphs.engine(), { query: '{ orders { id } }', variables: {} })).toBe(
      '{"data":{"orders":[{"id":7}]}}',
    );
  } finally {
    await second.close();
  }
}, 30_000);

test('refreshing swaps the graph when something has changed, and only then', async () => {
  const file = join(folder, 'growing.db');
  await database(file, 'create table a (id integer primary key)');
  const source: SourceConfig = { name: 'growing', kind: 'sqlite', path: file };
  const own = await registry(join(folder, 'other-state'), source);
  await own.start();
  const graphs = new Graphs({}, own);
  try {
    const before = graphs.engine();
    expect(await own.refresh(name('growing'))).toEqual({ changed: false });
    expect(graphs.engine()).toBe(before);
    await database(file, 'create table b (id integer primary key)');
    expect(await own.refresh(name('growing'))).toEqual({ changed: true });
    expect(await ask(graphs.engine(), { query: '{ b { id } }', variables: {} })).toBe('{"data":{"b":[]}}');
    // A request that holds the old engine still gets its answer.
    expect(await ask(before, { query: '{ a { id } }', variables: {} })).toBe('{"data":{"a":[]}}');
    await expect(own.refresh(name('nobody'))).rejects.toThrow('There is no source "nobody".');
  } finally {
    await own.close();
  }
}, 30_000);

test('a state folder that cannot be written takes no source away', async () => {
  const file = join(folder, 'kept.db');
  await database(file, 'create table a (id integer primary key)');
  // The path of the folder is that of a file.
  const own = await registry(file, { name: 'kept', kind: 'sqlite', path: file });
  await own.start();
  try {
    expect(own.sources[0]!.status.state).toBe('available');
  } finally {
    await own.close();
  }
}, 30_000);

test('a command leaves the stored catalog as the server has it', async () => {
  const kept = join(folder, 'kept');
  const configured = { ...config, state: kept };
  await database(shop.path!, 'create table if not exists orders (id integer primary key)');
  await database(desk.path!, 'create table if not exists tickets (id integer primary key)');
  await (await attach(configured, 'server')).close();
  const before = new StoredCatalog(kept, 'reads').read('desk');
  expect(before!.tables.map((table) => table.name)).toEqual(['tickets']);
  await database(desk.path!, 'create table notes (id integer primary key)');
  const attached = await attach(configured, 'command');
  expect(attached.registry.sources[1]!.facts!.tables).toHaveLength(2);
  await attached.close();
  expect(new StoredCatalog(kept, 'reads').read('desk')).toEqual(before);
});
