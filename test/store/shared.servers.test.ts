import { rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { StoreChange } from '../../src/store/changes.ts';
import { migrations } from '../../src/store/migrations/index.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { availability, serverUrl } from '../support/engines.ts';
import { migrationCases } from './migrate.cases.ts';
import { onServer, type StorePlace, storePlace, until } from './place.ts';
import { buildChild, startChild } from './processes.ts';

const found = availability('postgres');
const describeShared = 'reason' in found ? describe.skip : describe;
const actor = { kind: 'command', id: 'test', role: 'admin' } as const;

describeShared('migrations on PostgreSQL', () => migrationCases('postgres'));

describeShared('a store that processes share', () => {
  let program: string;
  let place: StorePlace;
  const stores: Store[] = [];
  const open = (options = {}) => {
    const store = openStore({ url: place.url, folder: place.folder, ...options });
    stores.push(store);
    return store;
  };
  beforeAll(async () => {
    program = await buildChild();
  });
  afterAll(() => rmSync(program, { force: true }));
  beforeEach(async () => {
    place = await storePlace('postgres');
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await place.drop();
  });

  test('several processes that start at once migrate it once', async () => {
    const children = Array.from({ length: 4 }, () =>
      startChild(program, ['migrate', place.url!, place.folder]),
    );
    const ends = await Promise.all(children.map(({ ended }) => ended));
    expect(ends).toEqual(ends.map(() => ({ code: 0, errors: '' })));
    const done = children.map(({ lines }) => lines[0] as string[]);
    expect(done.flat()).toEqual(migrations.map(({ name }) => name));
  }, 60_000);

  test('several stores of one process race: one wins each time, nothing is lost', async () => {
    const both = [open(), open()];
    await Promise.all(both.map((store) => store.open()));
    let won = 0;
    for (let round = 0; round < 10; round++) {
      const { version } = await both[0]!.readMetadata();
      const results = await Promise.allSettled(
        both.map((store, by) => store.writeMetadata(version, { by, round }, actor)),
      );
      won += results.filter(({ status }) => status === 'fulfilled').length;
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'conflict' });
    }
    expect(won).toBe(10);
    expect((await both[1]!.readMetadata()).version).toBe(10);
  }, 30_000);

  test('a change by another process is reported within 2 s, in both processes', async () => {
    const store = open();
    const seen: (StoreChange | null)[] = [];
    await store.onChange((change) => seen.push(change)).started;
    const follower = startChild(program, ['follow', place.url!, place.folder]);
    await until(() => follower.lines.includes('ready'), 10_000);
    const writer = startChild(program, ['write', place.url!, place.folder]);
    const change = { id: 1, topic: 'metadata', key: '1' };
    await until(async () => (await store.readMetadata()).version === 1, 10_000);
    await until(() => seen.length > 0 && follower.lines.length > 1, 2_000);
    expect([seen, follower.lines]).toEqual([[change], ['ready', change]]);
    await writer.ended;
    await store.writeMetadata(1, {}, actor);
    expect(await until(() => follower.lines.length > 2, 2_000)).toBeLessThan(2_000);
    follower.child.stdin?.end();
    expect(await follower.ended).toEqual({ code: 0, errors: '' });
  }, 40_000);

  test('nothing is missed when the connection that listens is killed, nor while none can be had', async () => {
    const [writer, reader] = [open(), open()];
    const seen: number[] = [];
    await reader.onChange((change) => void seen.push(Number(change?.key))).started;
    const listening = `select pid from pg_stat_activity where datname = current_database() and query like 'listen %'`;
    const listeners = async () => (await onServer(place.url!, listening)).length;
    expect(await listeners()).toBe(1);
    const slowest: number[] = [];
    for (let version = 0; version < 3; version++) {
      await onServer(place.url!, `select pg_terminate_backend(pid) from (${listening}) as l`);
      await writer.writeMetadata(version, {}, actor);
      slowest.push(await until(() => seen.includes(version + 1), 2_000));
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(Math.max(...slowest)).toBeLessThan(2_000);
    await until(async () => (await listeners()) === 1, 5_000);
    // With the listener back, no poll is needed.
    await writer.writeMetadata(3, {}, actor);
    expect(await until(() => seen.includes(4), 2_000)).toBeLessThan(500);
  }, 40_000);

  test('polling alone is enough', async () => {
    const [writer, reader] = [open(), open({ pollMs: 300 })];
    const seen: number[] = [];
    await reader.onChange((change) => void seen.push(Number(change?.key))).started;
    // Notifications are cut off, as behind a pooler that does not forward them.
    const deaf = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen %'`;
    await onServer(place.url!, deaf);
    let isOver = false;
    const deafening = (async () => {
      for (; !isOver; await setTimeout(20)) await onServer(place.url!, deaf);
    })();
    try {
      for (let version = 0; version < 5; version++) {
        await writer.writeMetadata(version, {}, actor);
        await until(() => seen.includes(version + 1), 2_000);
      }
    } finally {
      isOver = true;
      await deafening;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  }, 40_000);

  test('a listener that was away for longer than changes are kept learns that all cached data may be outdated', async () => {
    const store = open();
    const seen: unknown[] = [];
    await store.onChange((change) => seen.push(change)).started;
    await onServer(
      place.url!,
      `select setval('foz.changes_id_seq', 20000); insert into foz.changes (topic, key) values ('source', 'x')`,
    );
    await until(() => seen.length > 0, 2_500);
    expect(seen).toEqual([null]);
    await store.writeMetadata(0, {}, actor);
    await until(() => seen.length > 1, 2_000);
    expect(seen[1]).toMatchObject({ topic: 'metadata', key: '1' });
  }, 20_000);

  test('a copy from before that is brought back is taken over, and followed from there', async () => {
    const store = open();
    for (let version = 0; version < 3; version++) await store.writeMetadata(version, {}, actor);
    const seen: unknown[] = [];
    await store.onChange((change) => seen.push(change)).started;
    await onServer(
      place.url!,
      `delete from foz.metadata where version > 1; delete from foz.changes where id > 1; select setval('foz.changes_id_seq', 1)`,
    );
    await until(() => seen.length > 0, 2_500);
    expect(seen).toEqual([null]);
    await store.writeMetadata(1, {}, actor);
    await until(() => seen.length > 1, 2_000);
    expect(seen[1]).toEqual({ id: 2, topic: 'metadata', key: '2' });
  }, 20_000);

  test('a missing server, a wrong password, a missing privilege: the error names the store and no password', async () => {
    const url = new URL(place.url!);
    const failureOf = async (change: (url: URL) => void) => {
      const other = new URL(url);
      change(other);
      const store = openStore({ url: other.href, folder: place.folder });
      const error: unknown = await store.open().catch((caught: unknown) => caught);
      await store.close();
      return error as { code: string; message: string };
    };
    const gone = await failureOf((other) => {
      other.port = '1';
      other.password = 'geheim';
    });
    expect(gone).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/at 127\.0\.0\.1:1\/store_.* does not answer/),
    });
    expect(gone.message).not.toMatch(/geheim/);
    const missing = await failureOf((other) => {
      other.pathname = '/nowhere';
    });
    expect(missing).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/name of the database/),
    });
    const role = `${url.pathname.slice(1)}_user`;
    await onServer(serverUrl('postgres'), `create role ${role} login`);
    const refused = await failureOf((other) => {
      other.username = role;
    });
    expect(refused).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/every right on the schema/),
    });
    await onServer(serverUrl('postgres'), `drop role ${role}`);
    expect(() => openStore({ url: 'mysql://x/y', folder: '.' })).toThrow(
      /must be the URL of a PostgreSQL database/,
    );
  }, 40_000);

  test('connections that are killed are replaced', async () => {
    const store = open();
    await store.writeMetadata(0, {}, actor);
    await onServer(
      place.url!,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await until(async () => (await store.readMetadata().catch(() => null))?.version === 1, 5_000);
  }, 20_000);
});
