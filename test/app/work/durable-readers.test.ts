import { pino } from 'pino';
import { DurableReaders } from '../../../src/app/work/durable-readers.ts';
import { TriggerStore } from '../../../src/store/index.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { type StorePlace, storePlace } from '../../store/place.ts';

let place: StorePlace;
let store: Store;
let triggers: TriggerStore;
const log = pino({ level: 'silent' });
beforeAll(async () => {
  place = await storePlace('pglite');
  store = openStore({ url: place.url, folder: place.folder });
  await store.open();
  triggers = new TriggerStore(store);
}, 120_000);
afterAll(async () => {
  await store.close();
  await place.drop();
});

test('a reader is removed only for what the metadata says, once all was read and nobody used its triggers for a while', async () => {
  let isRead = true;
  let facts: object | null = {};
  let changes = 'auto';
  let isWanted = false;
  const removed: string[] = [];
  const connector = { changes: { removeReader: async (name: string) => removed.push(name) } };
  const source = () => ({ name: 'shop', facts, connector, config: { changes } });
  const options = {
    ...{ store: triggers, log, isRead: () => isRead },
    feeds: { readAs: () => {} },
    graphs: {
      get metadata() {
        const of = isWanted ? [{ name: 'moved', definition: { update: { columns: ['gone'] } } }] : [];
        return { tables: [{ source: 'shop', table: 'moves', event_triggers: of }] };
      },
    },
    registry: {
      find: source,
      get sources() {
        return [source()];
      },
    },
  };
  const readers = new DurableReaders(options as unknown as ConstructorParameters<typeof DurableReaders>[0]);
  const shop = 'shop' as Parameters<typeof readers.of>[0];
  const name = (await readers.of(shop))!;
  const stays = async () => {
    await readers.removeUnneeded();
    expect([removed, await triggers.reader('shop')]).toEqual([[], name]);
  };
  const pass = () => store.run(`update foz.event_triggers set seen_at = now() - interval '1 hour'`, []);
  await triggers.use('shop', ['moved']);
  await stays();
  await pass();
  isRead = false;
  await stays();
  isRead = true;
  facts = null;
  await stays();
  facts = {};
  // The trigger cannot be resolved: its column is not there.
  isWanted = true;
  await stays();
  changes = 'off';
  await readers.removeUnneeded();
  expect([removed, await triggers.reader('shop')]).toEqual([[name], null]);
  [changes, isWanted] = ['auto', false];
  const next = (await readers.of(shop))!;
  await readers.removeUnneeded();
  expect([removed, await triggers.reader('shop')]).toEqual([[name, next], null]);
}, 120_000);
