import { shapeOf } from '../../src/events/changes/shape.ts';
import { messagesOf, segmentText } from '../../src/events/log/segment-text.ts';
import { Segments } from '../../src/events/log/segments.ts';
import { WantedTables } from '../../src/events/log/wanted-tables.ts';
import type { ChangedTable, ChangeMessage } from '../../src/plan/index.ts';

const moves: ChangedTable = { namespace: 'public', name: 'moves' };
const others: ChangedTable = { namespace: null, name: 'others' };
const begin = { kind: 'begin', transaction: '7', id: '0007', at: 1234 } as const;
const commit = (position: string) => ({ kind: 'commit', position }) as const;
const row = (id: number, table = moves, text: unknown = 'x') =>
  ({
    kind: 'row',
    op: 'insert',
    table,
    old: null,
    new: { columns: ['id', 'text'], values: [id, text] },
  }) as const;

/** Tables that are logged from `p0` on. */
function tablesOf(...tables: readonly ChangedTable[]): WantedTables {
  const wanted = new WantedTables(60_000);
  for (const table of tables) wanted.hold(table);
  wanted.join('p0');
  return wanted;
}

function segmentsOf(messages: readonly ChangeMessage[], tables = tablesOf(moves)) {
  const segments = new Segments(tables, 'p0');
  for (const message of messages) segments.add(message);
  return segments.take().map(({ position, body }) => ({ position, messages: messagesOf(body) }));
}

test('every kind of value comes back as it was', () => {
  const values = [
    ...[null, undefined, '', 'a\u0000b', '\ud800', 'ä😀', true, false, 0, -0, 1.5, 1e300, NaN, Infinity],
    ...[-Infinity, 2n ** 70n, -1n, Buffer.from([0, 255, 10]), Buffer.alloc(0)],
  ];
  const image = { columns: values.map((_, at) => `c${at}`), values };
  const messages = [
    begin,
    { kind: 'row', op: 'update', table: moves, index: 3, old: image, new: image },
    { kind: 'row', op: 'delete', table: others, index: 4, old: image, new: null },
    { kind: 'truncate', tables: [others, moves] },
    { kind: 'touched' },
    commit('p1'),
  ] as const;
  expect(messagesOf(segmentText(messages))).toEqual(messages);
});

test('rows of other tables are left out, and counted', () => {
  const [segment] = segmentsOf([begin, row(1, others), row(2), row(3, others), row(4), commit('p1')]);
  expect(segment).toEqual({
    position: 'p1',
    messages: [begin, { ...row(2), index: 1 }, { ...row(4), index: 3 }, commit('p1')],
  });
});

test('transactions without rows of wanted tables, and those that are not over, are not stored', () => {
  const segments = new Segments(tablesOf(moves), 'p0');
  for (const message of [begin, row(1, others), commit('p1'), begin, row(2)] as const) segments.add(message);
  expect([segments.take(), segments.position, segments.isWithin]).toEqual([[], 'p1', true]);
  segments.add(commit('p2'));
  expect(segments.take().map(({ position }) => position)).toEqual(['p2']);
});

test('short transactions share a segment; a long one has several, of its own', () => {
  const text = 'x'.repeat(300_000);
  const long = [begin, row(1, moves, text), row(2, moves, text), row(3, moves, text), commit('p3')];
  const found = segmentsOf([
    ...[begin, row(8), commit('p1'), begin, row(9), commit('p2')],
    ...long,
    ...[begin, row(10), commit('p4')],
  ]);
  expect(found.map(({ position, messages }) => [position, messages.length])).toEqual([
    ['p2', 6],
    [null, 3],
    ['p3', 2],
    ['p4', 3],
  ]);
});

test('a table that lost changes is logged from the end of that transaction on', () => {
  const tables = tablesOf(moves, others);
  expect(tables.takeUnstored()).toMatchObject([{ since: 'p0' }, { since: 'p0' }]);
  const found = segmentsOf([begin, { kind: 'truncate', tables: [moves] }, row(1), commit('p1')], tables);
  expect(found).toMatchObject([{ messages: [begin, { kind: 'truncate' }, { kind: 'row' }, commit('p1')] }]);
  expect(tables.takeUnstored()).toMatchObject([{ name: 'moves', since: 'p1' }]);
});

test('of a table whose transaction is too long for readers, only so much is logged, and the loss', () => {
  const tables = tablesOf(moves, others);
  tables.takeUnstored();
  const text = 'x'.repeat(1_000_000);
  const rows = Array.from({ length: 60 }, (_, at) => row(at, moves, text));
  const found = segmentsOf(
    [begin, ...rows, row(1, others), commit('p1'), begin, row(2), commit('p2')],
    tables,
  );
  const messages = found.flatMap((segment) => segment.messages);
  expect(messages.filter(({ kind }) => kind === 'row').length).toBeLessThan(40);
  expect(messages.filter(({ kind }) => kind === 'truncate')).toEqual([{ kind: 'truncate', tables: [moves] }]);
  expect(messages.slice(-5)).toEqual([
    { ...row(1, others), index: 60 },
    ...[commit('p1'), begin, { ...row(2), index: 0 }, commit('p2')],
  ]);
  expect(tables.takeUnstored()).toMatchObject([{ name: 'moves', since: 'p1' }]);
});

test('tables are wanted while they have subscribers, and for some time afterwards', () => {
  const tables = new WantedTables(0);
  const [first, second] = [tables.hold(moves), tables.hold(moves)];
  tables.join('p0');
  first();
  tables.renew();
  expect(tables.has(moves)).toBe(true);
  second();
  tables.renew();
  expect(tables.has(moves)).toBe(false);
});

test('other processes get the values that their live queries are found by, up to a number of rows', () => {
  const tables = tablesOf();
  const release = tables.pass(moves, ['id']);
  tables.pass(others, []);
  tables.join('p0');
  const rows = Array.from({ length: 1002 }, (_, at) => row(at));
  const [segment] = segmentsOf([begin, row(1, others), row(2, others), ...rows, commit('p1')], tables);
  const [first, marker, ...passed] = segment!.messages;
  expect([first, marker]).toEqual([begin, { kind: 'truncate', tables: [others] }]);
  expect(passed).toHaveLength(1002);
  expect(passed[0]).toEqual({
    ...row(0),
    index: 2,
    new: { columns: ['id'], values: [0] },
  });
  expect(passed.slice(-2)).toEqual([{ kind: 'truncate', tables: [moves] }, commit('p1')]);
  // Subscribers of the changes themselves need whole rows.
  const hold = tables.hold(moves);
  tables.join('p1');
  expect(tables.columnsOf(moves)).toBe('rows');
  expect(tables.takeUnstored()).toMatchObject([{ name: 'moves', since: 'p1' }]);
  hold();
  release();
  tables.join('p2');
  expect(tables.columnsOf(others)).toEqual(new Set());
});

test('a table whose columns have become others is logged anew; added columns change nothing', () => {
  let columns = ['id', 'salary'];
  const shapeNow = () => shapeOf(columns.map((name) => ({ name, nativeType: 'text' })));
  const tables = new WantedTables(60_000, shapeNow);
  tables.hold(moves);
  tables.join('p0');
  const first = shapeNow();
  expect(tables.takeUnstored()).toMatchObject([{ since: 'p0', shape: first }]);
  columns = ['id', 'salary', 'note'];
  tables.renew();
  tables.join('p1');
  expect(tables.takeUnstored()).toMatchObject([{ since: 'p0', shape: shapeNow() }]);
  // The column was renamed, and another one got its name.
  columns = ['id', 'former', 'note', 'salary'];
  tables.renew();
  expect(tables.has(moves)).toBe(false);
  tables.join('p2');
  expect(tables.takeUnstored()).toMatchObject([{ since: 'p2', shape: shapeNow() }]);
  const restarted = new WantedTables(60_000, shapeNow);
  const stored = { ...moves, forMs: 60_000 };
  restarted.restore([
    { ...stored, since: 'p0', shape: first },
    { ...stored, name: 'same', since: 'p0', shape: shapeNow() },
  ]);
  restarted.join('p3');
  const since = restarted.takeUnstored().map((table) => [table.name, table.since]);
  expect(since).toEqual([['moves', 'p3']]);
});
