import { ChangeLog } from '../../src/events/changes/change-log.ts';
import { ChangeReader } from '../../src/events/changes/change-reader.ts';
import { endOf, parsePosition } from '../../src/events/changes/position.ts';
import { shapeOf } from '../../src/events/changes/shape.ts';

const tasks = { namespace: 'public', name: 'tasks' };
const notes = { namespace: 'public', name: 'notes' };

const begin = { kind: 'begin', transaction: 't', id: 'i', at: 1 } as const;
const rowOf = (id: number) =>
  ({
    kind: 'row',
    op: 'insert',
    table: tasks,
    old: null,
    new: { columns: ['id'], values: [id] },
  }) as const;

/** A log, and a writer of transactions: each has one row per id. */
function logOf(bytes = 1_000_000, milliseconds = 3_600_000) {
  const log = new ChangeLog({ bytes, milliseconds });
  let count = 0;
  log.opened('replication', 'p000');
  const write = (ids: readonly number[], { table = tasks, text = '' } = {}) => {
    count++;
    log.take({ kind: 'begin', transaction: `t${count}`, id: `i${count}`, at: count });
    for (const id of ids)
      log.take({
        kind: 'row',
        op: 'insert',
        table,
        old: null,
        new: { columns: ['id', 'text'], values: [id, text] },
      });
    log.take({ kind: 'commit', position: `p${String(count).padStart(3, '0')}` });
  };
  const reader = (after: string | null = null, table = tasks) =>
    new ChangeReader(log, log.open(table, after === null ? null : parsePosition(after)));
  return { log, write, reader };
}

const idsOf = (entries: ReturnType<ChangeReader['peek']>) => entries.map((entry) => entry.new!.values[0]);

/** Reads all changes that the log has for the reader now. */
function drain(reader: ChangeReader, most = 100): unknown[] {
  const ids: unknown[] = [];
  for (;;) {
    const entries = reader.peek(most);
    if (entries.length === 0) return ids;
    ids.push(...idsOf(entries));
    reader.done(entries);
  }
}

test('a reader gets each change of its table once, in order, from its start on', () => {
  const { write, reader } = logOf();
  const early = reader();
  write([1, 2, 3]);
  write([9], { table: notes });
  const late = reader();
  write([4]);
  expect(drain(early, 2)).toEqual([1, 2, 3, 4]);
  expect(drain(late)).toEqual([4]);
  write([5]);
  expect(drain(early)).toEqual([5]);
});

test('changes are returned again until they are done', () => {
  const { write, reader } = logOf();
  const one = reader();
  write([1, 2, 3]);
  expect(idsOf(one.peek(2))).toEqual([1, 2]);
  write([4]);
  expect(idsOf(one.peek(3))).toEqual([1, 2, 3]);
});

test('a transaction is in the log from its commit on', () => {
  const { log, reader } = logOf();
  const one = reader();
  log.take({ kind: 'begin', transaction: 't', id: 'i', at: 1 });
  log.take({ kind: 'row', op: 'delete', table: tasks, old: { columns: ['id'], values: [1] }, new: null });
  expect(one.peek(10)).toEqual([]);
  log.take({ kind: 'commit', position: 'p001' });
  expect(one.peek(10)).toMatchObject([{ op: 'delete', transaction: 't' }]);
});

test('a reader goes on behind any position, also within a transaction', () => {
  const { write, reader } = logOf();
  const first = reader();
  write([1, 2, 3]);
  write([4, 5]);
  const positions = first.peek(10).map(({ position }) => position);
  expect(new Set(positions).size).toBe(5);
  for (const [at, position] of positions.entries())
    expect(drain(reader(position))).toEqual([1, 2, 3, 4, 5].slice(at + 1));
});

test.each([
  '',
  'yesterday',
  'e30',
  'WzEsMl0',
  Buffer.from('["replication","p001",1.5]').toString('base64url'),
])('what is no position is refused: "%s"', (text) => {
  expect(() => parsePosition(text)).toThrow(/not a position/);
});

test('positions before the log, and of the future, are refused', () => {
  const { write, reader } = logOf();
  write([1]);
  reader();
  write([2]);
  const of = (position: string, index: number) =>
    Buffer.from(JSON.stringify(['replication', position, index])).toString('base64url');
  // Changes from before the first subscription are not in the log.
  expect(() => reader(of('p000', 0))).toThrow(/not kept any more/);
  expect(() => reader(of('p001', 0))).toThrow(/not kept any more/);
  expect(() => reader(of('p003', 0))).toThrow(/not kept any more/);
  expect(drain(reader(of('p002', 0)))).toEqual([]);
});

test('changes beyond the bytes are dropped, and their positions are refused', () => {
  const { log, write, reader } = logOf(10_000);
  const first = reader();
  write([1]);
  const [{ position } = { position: '' }] = first.peek(1);
  expect(drain(reader(position))).toEqual([]);
  for (let id = 2; id < 60; id++) write([id], { text: 'x'.repeat(50) });
  expect(() => reader(position)).toThrow(/not kept any more/);
  expect(log.bytesBefore(log.next) - log.bytesBefore(log.first)).toBeLessThanOrEqual(10_000);
});

test('changes are dropped when they are too old', async () => {
  const { write, reader } = logOf(1_000_000, 0);
  const first = reader();
  write([1]);
  const [{ position } = { position: '' }] = first.peek(1);
  drain(first);
  await new Promise((resolve) => setTimeout(resolve, 5));
  write([2]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  write([3]);
  expect(() => reader(position)).toThrow(/not kept any more/);
});

test('a reader that is too far behind ends with the position to go on from, while it is still kept', () => {
  const { write, reader } = logOf(20_000);
  const slow = reader();
  write([0]);
  const [first] = slow.peek(1);
  slow.done([first!]);
  for (let id = 1; id < 60; id++) write([id], { text: 'x'.repeat(50) });
  expect(() => slow.peek(10)).toThrow(`after: "${first!.position}"`);
  expect(drain(reader(first!.position))[0]).toBe(1);
});

test.each([
  ['TRUNCATE of the table', { kind: 'truncate', tables: [tasks] }, /TRUNCATE/],
  ['an unknown change', { kind: 'touched' }, /without reporting them/],
] as const)('%s ends its readers', (_, message, expected) => {
  const { log, write, reader } = logOf();
  const [one, other] = [reader(), reader(null, notes)];
  write([1]);
  log.take(message);
  write([2]);
  expect(() => one.peek(10)).toThrow(expected);
  if (message.kind === 'truncate') expect(drain(other)).toEqual([]);
  const again = reader();
  write([3]);
  expect(drain(again)).toEqual([3]);
});

test('a stream that goes on where the last one ended leaves no gap; a later one does', () => {
  const { log, write, reader } = logOf();
  const one = reader();
  write([1]);
  expect(log.resumesAfter('replication')).toBe('p001');
  log.opened('replication', 'p001');
  write([2]);
  expect(drain(one)).toEqual([1, 2]);
  log.opened('replication', 'p009');
  expect(() => one.peek(10)).toThrow(/lost/);
});

test('a transaction that is larger than the log ends the readers', () => {
  const { write, reader } = logOf(10_000);
  const one = reader();
  write(Array.from({ length: 100 }, (_, id) => id));
  expect(() => one.peek(10)).toThrow(/more changes than are kept/);
  const next = reader();
  write([1]);
  expect(drain(next)).toEqual([1]);
});

test('positions of another method are refused', () => {
  const { log, write, reader } = logOf();
  const one = reader();
  write([1]);
  const [{ position } = { position: '' }] = one.peek(1);
  expect(log.resumesAfter('triggers')).toBeNull();
  log.opened('triggers', 'p000');
  expect(() => one.peek(1)).toThrow(/lost/);
  expect(() => reader(position)).toThrow(/not kept any more/);
});

test('a table that is asked for within a transaction is logged from its end on', () => {
  const joined: unknown[] = [];
  const log = new ChangeLog({ bytes: 1_000_000, milliseconds: 60_000 }, (table) => joined.push(table));
  log.opened('replication', 'p000');
  for (const message of [begin, rowOf(1)]) log.take(message);
  const reader = new ChangeReader(log, log.open(tasks, null));
  // The first row of this transaction comes after the position, and was not logged.
  expect(() => log.open(tasks, endOf('replication', 'p000'))).toThrow(/not kept any more/);
  log.take(rowOf(2));
  expect(joined).toEqual([]);
  log.take({ kind: 'commit', position: 'p001' });
  expect(joined).toEqual([tasks]);
  expect(drain(reader)).toEqual([]);
  expect(() => log.open(tasks, endOf('replication', 'p000'))).toThrow(/not kept any more/);
  const next = new ChangeReader(log, log.open(tasks, endOf('replication', 'p001')));
  for (const message of [begin, rowOf(3), { kind: 'commit', position: 'p002' } as const]) log.take(message);
  expect([drain(reader), drain(next)]).toEqual([[3], [3]]);
});

test('a table that is asked for within a transaction that is read again has all of its changes', () => {
  const { log, reader } = logOf();
  for (const message of [begin, rowOf(1)]) log.take(message);
  const one = reader();
  log.opened('replication', 'p000');
  for (const message of [begin, rowOf(1), rowOf(2)]) log.take(message);
  log.take({ kind: 'commit', position: 'p001' });
  expect(drain(one)).toEqual([1, 2]);
});

test('changes from before a column was renamed are not for readers of today, those from before one was added are', () => {
  const { log, write, reader } = logOf();
  const shape = (...names: string[]) => shapeOf(names.map((name) => ({ name, nativeType: 'text' })));
  log.reshape(tasks, shape('id', 'text'));
  const early = reader();
  write([1]);
  const { position } = early.peek(1)[0]!;
  write([2]);
  log.reshape(tasks, shape('id', 'text', 'note'));
  expect(drain(reader(position))).toEqual([2]);
  log.reshape(tasks, shape('id', 'former', 'note', 'text'));
  expect(() => reader(position)).toThrow(expect.objectContaining({ code: 'not-found' }));
  expect(() => early.peek(1)).toThrow(/renamed/);
});
