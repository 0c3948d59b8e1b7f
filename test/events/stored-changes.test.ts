import { ChangeLog } from '../../src/events/changes/change-log.ts';
import { endOf } from '../../src/events/changes/position.ts';
import { ResumedReader } from '../../src/events/log/resumed-reader.ts';
import { segmentText } from '../../src/events/log/segment-text.ts';
import { StoredChanges } from '../../src/events/log/stored-changes.ts';
import type { ChangeLogStore, StoredSegment } from '../../src/store/index.ts';

const table = { namespace: 'public', name: 'moves' };
const method = 'replication';
const source = { source: 'shop' as never, identity: 'a' };

const messagesOf = (id: number) =>
  [
    { kind: 'begin', transaction: `${id}`, id: `${id}`, at: id },
    { kind: 'row', table, op: 'insert', old: null, new: { columns: ['id'], values: [id] }, index: 0 },
    { kind: 'commit', position: `p${id}` },
  ] as const;

/** The log of a source in a store. Each segment has a transaction, whose row has the segment's number as its id. */
function storedLog() {
  let segments: StoredSegment[] = [];
  const log = { identity: 'a', position: 'p0', keptAfter: 'p0', number: 0 };
  const store = {
    read: async () => ({ ...log, method, tables: [{ ...table, since: 'p0', forMs: 60_000 }] }),
    segments: async (_: string, after: number) => segments.filter(({ number }) => number > after).slice(0, 4),
    async numberBefore(_: string, position: string) {
      const before = segments.findLast((segment) => segment.position! < position);
      return before?.number ?? (segments.length > 0 ? segments[0]!.number - 1 : null);
    },
  } as unknown as ChangeLogStore;
  return {
    ...{ store, log },
    append() {
      const number = log.number + 1;
      const position = `p${number}`;
      segments.push({ number, position, body: segmentText(messagesOf(number)) });
      Object.assign(log, { number, position });
    },
    /** Removes all segments. */
    trim() {
      segments = [];
    },
  };
}

const open = (store: ChangeLogStore, after = 'p0') =>
  StoredChanges.open(store, source, table, endOf(method, after));

async function idsIn(reader: StoredChanges | ResumedReader): Promise<unknown[]> {
  const ids: unknown[] = [];
  for (;;) {
    const changes = await reader.peek(10);
    if (changes.length === 0) return ids;
    ids.push(...changes.map((change) => change.new?.values[0]));
    reader.done(changes);
  }
}

test('changes are read from the store up to its end, and on when there are more', async () => {
  const { store, append } = storedLog();
  for (let count = 0; count < 6; count++) append();
  const reader = await open(store, 'p1');
  expect(await idsIn(reader)).toEqual([2, 3, 4, 5, 6]);
  append();
  expect(await idsIn(reader)).toEqual([7]);
});

test.each([
  ['were removed', { number: 2 }],
  ['are those of a log that began anew', { number: 2, position: 'p0' }],
  ['are those of another database', { identity: 'b' }],
])('a slow reader is told that changes are missing where the next ones %s', async (_, change) => {
  const stored = storedLog();
  stored.append();
  const reader = await open(stored.store);
  expect(await idsIn(reader)).toEqual([1]);
  stored.trim();
  Object.assign(stored.log, change);
  await expect(reader.peek(10)).rejects.toMatchObject({ code: 'not-found' });
});

/** A log in memory that has read the transactions up to `last` and knows the table from the last one on. */
function memoryAt(last: number) {
  const log = new ChangeLog({ bytes: 1_000_000, milliseconds: 60_000 });
  log.opened(method, 'p0');
  const take = (id: number) => {
    for (const message of messagesOf(id)) log.take(message);
  };
  for (let id = 1; id <= last; id++) take(id);
  return { log, take };
}

test('a reader goes on in memory with the first change that the store does not have', async () => {
  const { store, append } = storedLog();
  append();
  const { log, take } = memoryAt(1);
  const reader = new ResumedReader(await open(store), log, table, async () => {});
  // The store does not get this change any more.
  take(2);
  expect(await idsIn(reader)).toEqual([1, 2]);
  take(3);
  expect(await idsIn(reader)).toEqual([3]);
});

test('a reader is told where changes are neither in the store nor in memory', async () => {
  const { store, append } = storedLog();
  append();
  const { log } = memoryAt(2);
  const reader = new ResumedReader(await open(store), log, table, async () => {});
  const changes = await reader.peek(10);
  expect(changes).toHaveLength(1);
  reader.done(changes);
  await expect(reader.peek(10)).rejects.toMatchObject({ code: 'not-found' });
});

test('a reader that resumes within a transaction gets all of its changes once it is stored', async () => {
  const stored = storedLog();
  stored.append();
  const { log } = memoryAt(1);
  const [begin, row, commit] = messagesOf(2);
  for (const message of [begin, row]) log.take(message);
  const settled = async () => {
    if (stored.log.number < 2) stored.append();
  };
  const reader = new ResumedReader(await open(stored.store, 'p1'), log, table, settled);
  for (let count = 0; count < 20; count++) expect(await reader.peek(10)).toEqual([]);
  expect(stored.log.number).toBe(1);
  log.take(commit);
  expect(await idsIn(reader)).toEqual([2]);
});
