import { syncFaults } from '../../../src/workflow/index.ts';

const valid = {
  name: 'customers',
  left: { source: 'shop', table: 'customers' },
  right: { source: 'crm', table: { schema: 'public', name: 'contacts' } },
  key: ['id'],
  columns: ['name', { right: 'label', to_right: '{% row.name & "!" %}' }],
};

test('a definition without faults', () => {
  expect(syncFaults(valid)).toEqual([]);
});

const faulty: readonly (readonly [string, object, string])[] = [
  ['an unknown setting', { colums: [] }, ' has no setting "colums" (did you mean "columns"?)'],
  ['a missing side', { right: undefined }, ' needs "right".'],
  [
    'an expression',
    { columns: [{ left: 'a', right: 'b', to_right: '{% ( %}' }] },
    '/columns/0/to_right is no JSONata',
  ],
  ['a pair without a column', { columns: [{ to_right: 1 }] }, '/columns/0 needs a column'],
  ['a column without a value', { columns: [{ right: 'b' }] }, '/columns/0 needs "left" or "to_right"'],
  ['a rule for one direction', { conflict: { rule: 'left' } }, '/conflict is for the direction both'],
  [
    'a rule without its columns',
    { direction: 'both', conflict: { rule: 'latest', left: 'at' } },
    '/conflict needs "right"',
  ],
  [
    'a setting of another rule',
    { direction: 'both', conflict: { rule: 'ask', prefer: 'left' } },
    '/conflict/prefer is no setting of the rule ask',
  ],
  [
    'a mark that is missing',
    { direction: 'both', deletes: { mark: { right: { column: 'gone', deleted: true } } } },
    '/deletes/mark needs "left"',
  ],
];
for (const [what, change, fault] of faulty)
  test(`${what} is told with its place`, () => {
    const found = syncFaults(JSON.parse(JSON.stringify({ ...valid, ...change })));
    expect(found.map(({ place, message }) => `${place} ${message}`).join('\n')).toContain(fault);
  });
