import { resolvePermissions } from '../../src/access/index.ts';
import type { Metadata } from '../../src/catalog/index.ts';
import { catalog, column, facts, source, table } from '../graph/catalogs.ts';

const mood = { name: 'mood', namespace: 'public', values: ['glad', 'sad'], comment: null };
const shop = facts(
  [
    table('people', [
      column('id', 'int'),
      column('mood', 'enum', { enumName: 'mood', nativeType: 'mood' }),
      column('moods', 'enum', { enumName: 'mood', nativeType: 'mood[]', array: true }),
    ]),
  ],
  { enums: [mood] },
);

/** The issues of the catalog with this filter and these presets. */
function issuesOf(filter: object, set: object = {}): string[] {
  const metadata: Metadata = {
    tables: [
      {
        source: 'shop',
        table: 'people',
        select_permissions: [{ role: 'clerk', permission: { columns: '*', filter: filter as never } }],
        insert_permissions: [
          { role: 'clerk', permission: { columns: ['id'], check: {}, set: set as never } },
        ],
      },
    ],
  };
  const resolved = catalog([source('shop', shop)], metadata);
  return resolvePermissions(resolved, metadata).issues.map(({ where, reason }) => `${where}: ${reason}`);
}

const wrong: readonly (readonly [object, object, string])[] = [
  [{ mood: { _eq: 'angry' } }, {}, 'filter.mood._eq'],
  [{ mood: { _in: ['glad', 'angry'] } }, {}, 'filter.mood._in'],
  [{ mood: { _in: ['X-Foz-Mood', 'angry'] } }, {}, 'filter.mood._in'],
  [{ _not: { mood: { _neq: 'angry' } } }, {}, 'filter._not.mood._neq'],
  [{ moods: { _contains: ['angry'] } }, {}, 'filter.moods._contains'],
  [{}, { mood: 'angry' }, 'set.mood'],
  [{}, { moods: ['glad', 'angry'] }, 'set.moods'],
];
test.each(wrong)('%j with %j names no value of the enum', (filter, set, where) => {
  const [issue, ...more] = issuesOf(filter, set);
  expect(more).toEqual([]);
  expect(issue).toContain(where);
  expect(issue).toContain('"angry" is no value of mood');
  expect(issue).toContain('"glad", "sad"');
  expect(issue).toContain('the permission is left out');
});

test('values of the enum, of the session, and none are fine', () => {
  expect(
    issuesOf(
      {
        _or: [
          { mood: { _eq: 'sad' } },
          { mood: { _in: ['glad', 'X-Foz-Mood'] } },
          { mood: { _in: 'X-Foz-Moods' } },
        ],
      },
      { mood: null, moods: ['glad'] },
    ),
  ).toEqual([]);
});
