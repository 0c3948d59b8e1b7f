import type { Metadata, TableMetadata } from '../../../src/catalog/index.ts';
import { sameMetadata } from '../../../src/catalog/metadata-order.ts';
import { diffMetadata } from '../../../src/control/metadata/diff-metadata.ts';
import { randomMetadata, randomNumbers } from './random-metadata.ts';

const marks = { added: '+', removed: '-', changed: '~' } as const;
const textsOf = (before: Metadata, after: Metadata) =>
  diffMetadata(before, after).map(({ change, where, text }) => `${marks[change]} ${where}  ${text}`);
const orders = (rest: Omit<TableMetadata, 'source' | 'table'>): Metadata => ({
  tables: [{ source: 'shop', table: { schema: 'sales', name: 'orders' }, ...rest }],
});

test('roles, in words', () => {
  const before = orders({
    select_permissions: [
      {
        role: 'buyer',
        permission: { columns: ['id', 'note'], filter: { buyer_id: { _eq: 'X-Foz-User-Id' } } },
      },
    ],
    delete_permissions: [{ role: 'clerk', permission: { filter: {} } }],
  });
  const after = orders({
    select_permissions: [{ role: 'buyer', permission: { columns: ['id', 'total'], filter: {}, limit: 10 } }],
    insert_permissions: [
      { role: 'clerk', permission: { columns: '*', check: { total: { _gt: 0 } }, backend_only: true } },
    ],
  });
  expect(textsOf(before, after)).toEqual([
    '~ shop.sales.orders  role buyer may read: columns + total - note; rows all instead of { buyer_id: { _eq: X-Foz-User-Id } }; rows of a list at most 10',
    '+ shop.sales.orders  role clerk may insert: columns all; written rows { total: { _gt: 0 } }; from a backend only yes',
    '- shop.sales.orders  role clerk may no longer delete',
  ]);
  expect(diffMetadata(before, after)[2]).toEqual({
    change: 'removed',
    where: 'shop.sales.orders',
    part: 'delete_permissions.clerk',
    text: 'role clerk may no longer delete',
    before: { permission: { filter: {} } },
  });
});

test('tables, names, relationships and inherited roles, in words', () => {
  const before: Metadata = {
    tables: [{ source: 'shop', table: 'gone', tracked: false }],
    inherited_roles: [{ role_name: 'boss', role_set: ['clerk'] }],
  };
  const after: Metadata = {
    tables: [
      {
        source: 'shop',
        table: 'lines',
        configuration: {
          custom_name: 'Line',
          column_config: { qty: { custom_name: 'quantity' } },
          custom_root_fields: { select: 'allLines' },
        },
        array_relationships: [
          {
            name: 'parts',
            using: { manual_configuration: { remote_table: 'part', column_mapping: { id: 'line' } } },
          },
        ],
        validations: [{ check: { qty: { _gt: 0 } }, message: 'too few' }],
      },
    ],
    inherited_roles: [{ role_name: 'boss', role_set: ['clerk', 'buyer'] }],
  };
  expect(textsOf(before, after)).toEqual([
    '- shop.gone  the table is no longer declared',
    '- shop.gone  tracked: no',
    '+ shop.lines  the table is declared',
    '+ shop.lines  array relationship parts: to part; columns { id: line }',
    '+ shop.lines  GraphQL name: Line',
    '+ shop.lines  column qty: GraphQL name quantity',
    '+ shop.lines  root field select: allLines',
    '+ shop.lines  validation "too few": written rows { qty: { _gt: 0 } }; message too few',
    '~ inherited roles  inherited role boss: from roles + buyer',
  ]);
  expect(textsOf(after, after)).toEqual([]);
});

test('there is a difference exactly when both do not say the same', () => {
  const random = randomNumbers(3);
  let different = 0;
  for (let round = 0; round < 150; round++) {
    const one = randomMetadata(random);
    const other = {
      ...randomMetadata(random),
      tables: [...one.tables].reverse().slice(round % 3 === 0 ? 1 : 0),
    };
    const tables = other.tables.map((entry) => (random() < 0.2 ? { ...entry, configuration: {} } : entry));
    const changed =
      random() < 0.3 ? { ...other, inherited_roles: one.inherited_roles } : { ...other, tables };
    const same = sameMetadata(one, changed);
    if (!same) different++;
    expect(diffMetadata(one, changed).length === 0).toBe(same);
    for (const { text } of diffMetadata(one, changed)) expect(text).not.toMatch(/undefined|\[object/);
  }
  expect(different).toBeGreaterThan(50);
  expect(different).toBeLessThan(150);
});
