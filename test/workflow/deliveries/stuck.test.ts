import { AllowedVariables, type EventTrigger, resolveEventTriggers } from '../../../src/access/index.ts';
import { FozError } from '../../../src/core/index.ts';
import { segmentText } from '../../../src/events/log/segment-text.ts';
import type { ImageReader } from '../../../src/execute/index.ts';
import { DeliveryStore, JobStore, TriggerStore } from '../../../src/store/index.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { TriggerReader } from '../../../src/workflow/index.ts';
import { catalog, column, source, table } from '../../graph/catalogs.ts';
import { type StorePlace, storePlace } from '../../store/place.ts';

let place: StorePlace;
let store: Store;
beforeAll(async () => {
  place = await storePlace('pglite');
  store = openStore({ url: place.url, folder: place.folder });
  await store.open();
}, 120_000);
afterAll(async () => {
  await store.close();
  await place.drop();
});

const tables = [{ namespace: 'public', name: 'moves' }];
const signal = new AbortController().signal;

/** Triggers of the table `moves`: the second one keeps the order of each title. */
function triggersNamed(...names: readonly string[]): EventTrigger[] {
  const events = names.map((name, at) => ({
    ...{ name, definition: { insert: {} }, webhook: 'https://shop.example/' },
    ...(at === 1 ? { key: ['title'] } : {}),
  }));
  const metadata = { tables: [{ source: 'shop', table: 'moves', event_triggers: events }] };
  const columns = [column('id', 'int'), column('title', 'text')];
  const read = catalog([source('shop', [table('moves', columns)])], metadata);
  return [...resolveEventTriggers(read, metadata, new AllowedVariables(null)).byName.values()];
}

/** Reads a log with a transaction that inserts these titles (`apart`: with one for each), and fails where `fault` finds one. */
function readerOf(
  place: string,
  titles: readonly string[],
  fault: (title: string, keys: boolean) => unknown,
  apart = false,
) {
  const rows = titles.map((title, index) => ({
    ...({ kind: 'row', table: tables[0]!, op: 'insert', index, old: null } as const),
    new: { columns: ['id', 'title'], values: [String(index), title] },
  }));
  const segments = (apart ? rows.map((row) => [row]) : [rows]).map((some, at) => {
    const number = at + 1;
    const position = `b${String(at).padStart(4, '0')}`;
    const body = segmentText([
      { kind: 'begin', transaction: String(number), id: String(number), at: 0 },
      ...some,
      { kind: 'commit', position },
    ]);
    return { number, position, body };
  });
  const images: ImageReader = {
    texts: async (given, columns) =>
      given.map(({ values }) => {
        const found = fault(String(values[1]), columns.length === 1);
        if (found !== null) throw found;
        return JSON.stringify(columns.map(({ name }) => values[name === 'id' ? 0 : 1]));
      }),
    passes: async (given) => given.map(() => true),
  };
  const jobs = new JobStore(store);
  const deliveries = new DeliveryStore(store, jobs);
  const triggers = new TriggerStore(store);
  const stored = {
    identity: place,
    method: 'triggers',
    position: 'c',
    keptAfter: '',
    number: segments.length,
  };
  const gaps: string[] = [];
  const reader = new TriggerReader({
    ...{ source: place, store: triggers, jobs, deliveries },
    images: () => images,
    onGap: (name, reason) => gaps.push(`${name}: ${reason}`),
    log: {
      read: async () => ({ ...stored, tables: [{ ...tables[0]!, columns: [], since: 'a' }] }) as never,
      segments: async (_, after) => segments.slice(after, after + 4) as never,
      numberBefore: async () => 0,
    },
  });
  return { reader, deliveries, jobs, triggers, gaps };
}

async function titlesOf(deliveries: DeliveryStore, endpoint: string): Promise<readonly string[]> {
  const found = await deliveries.list({ endpoint });
  return found.map(({ payload }) => JSON.parse(payload).event.data.new[1]).reverse();
}

test('a change whose event cannot be made is missing for that trigger only, and those behind it follow', async () => {
  const wanted = triggersNamed('plain', 'ordered');
  const titles = ['first', 'bad', 'last'];
  const { reader, deliveries, triggers, gaps } = readerOf('shop', titles, (title, keys) =>
    title === 'bad' && keys ? new FozError('data-exception', 'It cannot be cast.') : null,
  );
  for (let time = 0; time < 3; time++)
    await expect(reader.read(wanted, signal)).rejects.toMatchObject({ code: 'data-exception' });
  expect(gaps).toEqual([]);
  await reader.read(wanted, signal);
  expect(gaps).toEqual([expect.stringMatching(/^ordered: .*could not be made: It cannot be cast/)]);
  expect(await titlesOf(deliveries, 'plain')).toEqual(titles);
  expect(await titlesOf(deliveries, 'ordered')).toEqual(['first', 'last']);
  const states = new Map((await triggers.list()).map((one) => [one.name, one.gap?.reason ?? null]));
  expect(states.get('ordered')).toMatch(/could not be made/);
  expect([states.get('plain'), (await triggers.progress('shop')).readSegment]).toEqual([null, 1]);
}, 120_000);

test('small transactions share one transaction of the store, and a reader that begins anew goes on behind the last one', async () => {
  const wanted = triggersNamed('many', 'ordered_many');
  const titles = Array.from({ length: 50 }, (_, at) => `title ${at}`);
  const { reader, deliveries, jobs, triggers } = readerOf('apart', titles, () => null, true);
  let count = 0;
  const transact = jobs.transact.bind(jobs);
  jobs.transact = ((body) => {
    count++;
    return transact(body);
  }) as JobStore['transact'];
  await reader.read(wanted, signal);
  expect(count).toBe(1);
  expect(await titlesOf(deliveries, 'many')).toEqual(titles);
  expect(await titlesOf(deliveries, 'ordered_many')).toEqual(titles);
  const { readSegment, readUpTo } = await triggers.progress('apart');
  expect([readSegment, readUpTo?.position]).toEqual([50, 'b0049']);
  // The log has grown by one transaction since.
  const later = readerOf('apart', [...titles, 'later'], () => null, true);
  await later.reader.read(wanted, signal);
  expect(await titlesOf(deliveries, 'many')).toEqual([...titles, 'later']);
}, 120_000);

test('what may pass by itself is waited for, however long', async () => {
  const wanted = triggersNamed('waits');
  let isDown = true;
  const { reader, deliveries, gaps } = readerOf('down', ['one'], () =>
    isDown ? new FozError('unavailable', 'The source is down.') : null,
  );
  for (let time = 0; time < 10; time++)
    await expect(reader.read(wanted, signal)).rejects.toMatchObject({ code: 'unavailable' });
  isDown = false;
  await reader.read(wanted, signal);
  expect([gaps, await titlesOf(deliveries, 'waits')]).toEqual([[], ['one']]);
}, 120_000);

test('deliveries of a trigger that is gone end, those of others stay', async () => {
  const wanted = triggersNamed('kept', 'gone');
  const { reader, deliveries } = readerOf('ends', ['one', 'one', 'two'], () => null);
  const names = ['kept', 'gone', 'used'];
  await deliveries.storeEndpoints(names.map((name) => ({ name, concurrency: 1 })));
  await reader.read(wanted, signal);
  const known = names.filter((name) => name !== 'gone');
  // A process with newer metadata may have the trigger.
  expect(await deliveries.endUnknown(known, 2)).toBe(0);
  await store.run(`update foz.event_triggers set seen_at = now() - interval '1 hour'`, []);
  expect(await deliveries.endUnknown(known, 2)).toBe(3);
  const states = async (endpoint: string) => (await deliveries.list({ endpoint })).map(({ state }) => state);
  expect(await states('gone')).toEqual(['dead', 'dead', 'dead']);
  expect(await states('kept')).toEqual(['pending', 'pending', 'pending']);
  const jobs = await store.run(`select 1 from foz.jobs where queue = 'deliver:gone'`, []);
  expect(jobs).toHaveLength(0);
  // They can be delivered again once the trigger is back.
  expect(await deliveries.redeliver({ endpoint: 'gone' })).toBe(3);
}, 120_000);

test('keys of any length keep their order', async () => {
  // Characters that cannot be compressed: an index takes about 2,700 bytes.
  const long = Array.from({ length: 8_000 }, (_, at) =>
    String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000)),
  ).join('');
  const wanted = triggersNamed('other', 'long');
  const { reader, deliveries, jobs, gaps } = readerOf('long', [long, long], () => null);
  await reader.read(wanted, signal);
  expect(gaps).toEqual([]);
  expect(await deliveries.list({ endpoint: 'long' })).toHaveLength(2);
  const rows = await store.run(
    `select key, blocked from foz.jobs where queue = 'deliver:long' order by seq`,
    [],
  );
  expect(rows.map(({ blocked }) => blocked)).toEqual([false, true]);
  expect(new Set(rows.map(({ key }) => key)).size).toBe(1);
  expect((await deliveries.list({ endpoint: 'long' }))[0]!.key).toContain(long);
  expect(jobs).toBeDefined();
}, 120_000);
