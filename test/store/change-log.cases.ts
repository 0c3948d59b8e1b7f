import { ChangeLogStore, type LogLead } from '../../src/store/index.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { onServer, type StorePlace, storePlace } from './place.ts';

const log = { identity: 'a', method: 'replication', position: 'p000' } as const;
const hour = 3_600_000;
const moves = { namespace: null, name: 'moves', since: 'p000', shape: 'id', forMs: hour };

/** The log of row changes in a store of either kind. */
export function changeLogCases(kind: 'pglite' | 'postgres'): void {
  let place: StorePlace;
  let store: Store;
  let logs: ChangeLogStore;
  let lead: LogLead;
  let count = 0;
  let source: string;
  beforeAll(async () => {
    place = await storePlace(kind);
    store = openStore({ url: place.url, folder: place.folder });
    logs = new ChangeLogStore(store);
  }, 120_000);
  afterAll(async () => {
    await logs.close();
    await store.close();
    await place.drop();
  });
  beforeEach(async () => {
    count++;
    source = `shop${count}`;
    lead = (await logs.lead(source))!;
  }, 120_000);
  afterEach(() => lead.release());

  const segment = (number: number, position: string | null, body = `body ${number}`) => ({
    ...{ number, position, body },
  });
  const numbers = async (after = 0) => (await logs.segments(source, after)).map(({ number }) => number);

  test('a log has its segments in order, and where to begin behind a position', async () => {
    expect(await logs.read(source)).toBeNull();
    expect(await lead.cut(log, 60)).toBe(0);
    await lead.want([moves, { ...moves, namespace: 'public', forMs: 0 }]);
    expect(await lead.append(0, 'p002', [segment(1, 'p001'), segment(2, 'p002')])).toBe(true);
    // A long transaction has two segments.
    expect(await lead.append(2, 'p002', [segment(3, null, '\\u0000 "ä"')])).toBe(true);
    expect(await lead.append(3, 'p003', [segment(4, 'p003')])).toBe(true);
    expect(await lead.append(4, 'p009', [])).toBe(true);
    expect(await logs.read(source)).toMatchObject({
      ...{ ...log, position: 'p009', keptAfter: 'p000', number: 4 },
      tables: [
        { namespace: null, name: 'moves', since: 'p000', shape: 'id', forMs: expect.any(Number) },
        { namespace: 'public', forMs: 0 },
      ],
    });
    expect(await logs.segments(source, 2)).toEqual([segment(3, null, '\\u0000 "ä"'), segment(4, 'p003')]);
    const before = (position: string) => logs.numberBefore(source, position);
    expect(await Promise.all(['p000', 'p001', 'p002', 'p003', 'p004'].map(before))).toEqual([0, 0, 1, 2, 4]);
  });

  test('a writer that does not know the last segment writes nothing', async () => {
    await lead.cut(log, 60);
    await lead.append(0, 'p001', [segment(1, 'p001')]);
    expect(await lead.append(0, 'p005', [segment(7, 'p005')])).toBe(false);
    expect(await numbers()).toEqual([1]);
    expect(await logs.read(source)).toMatchObject({ position: 'p001', number: 1 });
  });

  test('a log that begins anew is empty, and its numbers have a gap', async () => {
    await lead.cut(log, 60);
    await lead.want([moves]);
    await lead.append(0, 'p001', [segment(1, 'p001')]);
    expect(await lead.cut({ ...log, position: 'p005' }, 60)).toBe(2);
    expect(await logs.read(source)).toMatchObject({
      ...{ position: 'p005', keptAfter: 'p005', number: 2, tables: [] },
    });
    expect(await numbers()).toEqual([]);
    expect(await logs.numberBefore(source, 'p001')).toBeNull();
  });

  test('trimming keeps the newest bytes, and removes long transactions as a whole', async () => {
    await lead.cut(log, 60);
    await lead.want([moves, { ...moves, name: 'others', forMs: 0 }]);
    const body = 'x'.repeat(100);
    const positions = ['p001', 'p002', null, null, 'p005', 'p006'];
    await lead.append(
      0,
      'p006',
      positions.map((position, at) => segment(at + 1, position, body)),
    );
    await lead.trim({ seconds: 60, bytes: 600 });
    expect(await logs.read(source)).toMatchObject({ keptAfter: 'p000', tables: [{ name: 'moves' }] });
    // 300 bytes would begin in the midst of the long transaction.
    await lead.trim({ seconds: 60, bytes: 350 });
    expect(await numbers()).toEqual([3, 4, 5, 6]);
    expect(await logs.read(source)).toMatchObject({ keptAfter: 'p002', position: 'p006' });
    await lead.trim({ seconds: 60, bytes: 100 });
    expect(await numbers()).toEqual([6]);
    expect(await logs.read(source)).toMatchObject({ keptAfter: 'p005' });
    await lead.trim({ seconds: 0, bytes: 100 });
    expect(await numbers()).toEqual([]);
    expect(await logs.read(source)).toMatchObject({ keptAfter: 'p006', number: 6 });
  });

  test('what processes watch is confirmed, again after each change of it and of the reader', async () => {
    const watch = { namespace: 'public', name: 'moves', rows: false, columns: ['id'] };
    await logs.watch(source, 'a', [watch, { ...watch, namespace: null, name: 'others', rows: true }]);
    await logs.watch(source, 'b', [watch]);
    expect(await logs.areSeen(source, 'a')).toBe(false);
    const watches = await lead.watches();
    expect(watches).toHaveLength(3);
    const ofA = watches.filter(({ process }) => process === 'a');
    expect(ofA).toContainEqual({ ...watch, process: 'a', isSeen: false });
    await lead.see(ofA);
    expect([await logs.areSeen(source, 'a'), await logs.areSeen(source, 'b')]).toEqual([true, false]);
    await logs.watch(source, 'a', [watch]);
    expect(await logs.areSeen(source, 'a')).toBe(true);
    await logs.watch(source, 'a', [{ ...watch, columns: ['id', 'kind'] }]);
    // The confirmation of a watch that has changed meanwhile does not count.
    await lead.see(ofA);
    expect(await logs.areSeen(source, 'a')).toBe(false);
    await lead.see(await lead.watches());
    expect(await logs.areSeen(source, 'a')).toBe(true);
    await lead.release();
    lead = (await logs.lead(source))!;
    expect(await logs.areSeen(source, 'a')).toBe(false);
    await logs.unwatch(source, 'a');
    expect((await lead.watches()).map(({ process }) => process)).toEqual(['b']);
  });

  test('one reader leads a source; the log of a source that nobody uses any more is removed', async () => {
    await lead.cut(log, 0);
    expect(await logs.lead(source)).toBeNull();
    const others = new ChangeLogStore(store);
    const other = `other${count}`;
    const second = (await others.lead(other))!;
    if (kind === 'postgres') expect(await others.lead(source)).toBeNull();
    await lead.release();
    lead = (await (kind === 'postgres' ? others : logs).lead(source))!;
    await second.cut(log, 60);
    await lead.append(0, 'p001', [segment(1, 'p001')]);
    await second.append(0, 'p002', [segment(1, 'p002')]);
    await store.write((db) => db.raw(`update foz.change_sources set used_at = now() - interval '1 day'`));
    // Its own state stays, so that it is read on at its position.
    await logs.removeUnused([source]);
    expect(await logs.read(other)).toBeNull();
    expect(await logs.segments(other, 0)).toEqual([]);
    expect(await logs.segments(source, 0)).toEqual([]);
    expect(await logs.read(source)).toMatchObject({ position: 'p001', keptAfter: 'p001', number: 1 });
    await lead.append(1, 'p002', [segment(2, 'p002')]);
    await logs.removeUnused([source]);
    expect(await logs.segments(source, 0)).toHaveLength(1);
    await second.release();
    await others.close();
  });

  if (kind === 'postgres')
    test('the right to write ends with its connection', async () => {
      await lead.cut(log, 60);
      await onServer(
        place.url!,
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
           and database = (select oid from pg_database where datname = current_database())`,
      );
      await lead.ended;
      await expect(lead.append(0, 'p001', [segment(1, 'p001')])).rejects.toMatchObject({
        code: 'unavailable',
      });
      lead = (await logs.lead(source))!;
      expect(lead).not.toBeNull();
    });
}
