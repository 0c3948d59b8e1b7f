import { Transaction } from '../../src/events/feed/transaction.ts';
import { type RowChange, Watchers } from '../../src/events/feed/watchers.ts';

const orders = { namespace: 'public', name: 'orders' };
const image = (customer: unknown) => ({ columns: ['id', 'customer'], values: ['1', customer] });
const update = (before: unknown, after: unknown): RowChange => ({
  op: 'update',
  old: before === null ? null : image(before),
  new: image(after),
});

function watching() {
  const watchers = new Watchers();
  const touched: string[] = [];
  const add = (name: string, text: string | null) =>
    watchers.add(orders, text === null ? null : { name: 'customer', text }, {
      touch: () => touched.push(name),
    });
  const of = (change: RowChange) => {
    touched.length = 0;
    watchers.changed(orders, change);
    return [...touched].sort();
  };
  return { watchers, add, of, touched };
}

test.each<readonly [name: string, change: RowChange, touched: readonly string[]]>([
  ['an insert', { op: 'insert', old: null, new: image('7') }, ['all', 'seven']],
  ['an insert of another', { op: 'insert', old: null, new: image('9') }, ['all']],
  ['a number of the driver', { op: 'insert', old: null, new: image(7) }, ['all', 'seven']],
  ['an insert of NULL', { op: 'insert', old: null, new: image(null) }, ['all']],
  ['an update within', update('7', '7'), ['all', 'seven', 'seven']],
  ['an update from one to another', update('7', '8'), ['all', 'eight', 'seven']],
  ['an update whose old value is not reported', update(undefined, '9'), ['all', 'eight', 'seven']],
  ['an update whose old row is not reported', update(null, '9'), ['all', 'eight', 'seven']],
  ['a value in a form that is not known', update(Buffer.from('9'), '9'), ['all', 'eight', 'seven']],
  ['a delete', { op: 'delete', old: image('8'), new: null }, ['all', 'eight']],
  ['a delete whose row is not reported', { op: 'delete', old: null, new: null }, ['all', 'eight', 'seven']],
  [
    'a delete with its key only',
    { op: 'delete', old: image(undefined), new: null },
    ['all', 'eight', 'seven'],
  ],
  ['unknown rows', null, ['all', 'eight', 'seven']],
])('%s touches the watchers whose answer may change', (_, change, touched) => {
  const { add, of } = watching();
  add('all', null);
  add('seven', '7');
  add('eight', '8');
  expect(of(change)).toEqual(touched);
});

test('a removed watcher is not touched, and its table is no longer watched after the last one', () => {
  const { watchers, add, of } = watching();
  const leave = [add('all', null), add('seven', '7')];
  leave[0]!();
  expect(of(update('7', '8'))).toEqual(['seven']);
  expect(watchers.tables).toEqual([orders]);
  leave[1]!();
  expect([of(null), watchers.tables]).toEqual([[], []]);
});

test('a large transaction counts as a change of all rows; one without a commit touches nobody', () => {
  const { watchers, add, touched } = watching();
  add('seven', '7');
  const transaction = new Transaction(watchers);
  for (let n = 0; n < 3000; n++)
    transaction.add({ kind: 'row', op: 'insert', table: orders, old: null, new: image('9') });
  transaction.add({
    kind: 'row',
    op: 'insert',
    table: { namespace: 'public', name: 'others' },
    old: null,
    new: image('7'),
  });
  expect(touched).toEqual([]);
  transaction.commit();
  expect(touched).toEqual(['seven']);
  transaction.commit();
  expect(touched).toEqual(['seven']);
});
