import type { Metadata, TableMetadata } from '../../../src/catalog/index.ts';
import {
  createRelationship,
  dropRelationship,
  renameRelationship,
} from '../../../src/control/edit/relationships.ts';
import { catalog, column, facts, reference, source, table } from '../../graph/catalogs.ts';
import { billed, customers, edited, id, inputs, orders } from './edited.ts';

describe('relationships', () => {
  const mapping = [{ from: 'id', to: 'customer_id' }];

  test('by a foreign key of either side, by columns, and to another source', () => {
    const made = edited(
      [],
      createRelationship(orders, {
        name: 'buyer',
        kind: 'object',
        to: customers,
        foreignKey: { on: 'this', columns: ['customer_id'] },
      }),
      createRelationship(customers, {
        name: 'bought',
        kind: 'array',
        to: orders,
        comment: 'What they bought.',
        foreignKey: { on: 'other', columns: ['customer_id'] },
      }),
      createRelationship(customers, {
        name: 'bills',
        kind: 'array',
        to: billed,
        mapping: [{ from: 'id', to: 'billed_to' }],
      }),
      createRelationship(customers, {
        name: 'tickets',
        kind: 'array',
        to: { source: 'desk', table: 'tickets' },
        mapping,
      }),
    );
    expect(made.tables).toEqual([
      {
        ...orders,
        object_relationships: [{ name: 'buyer', using: { foreign_key_constraint_on: 'customer_id' } }],
      },
      {
        ...customers,
        array_relationships: [
          {
            name: 'bought',
            comment: 'What they bought.',
            using: { foreign_key_constraint_on: { table: 'orders', columns: ['customer_id'] } },
          },
          {
            name: 'bills',
            using: {
              manual_configuration: {
                remote_table: { schema: 'billing', name: 'orders' },
                column_mapping: { id: 'billed_to' },
              },
            },
          },
        ],
        remote_relationships: [
          {
            name: 'tickets',
            definition: {
              to_source: {
                source: 'desk',
                table: 'tickets',
                relationship_type: 'array',
                field_mapping: { id: 'customer_id' },
              },
            },
          },
        ],
      },
    ]);
    const { issues, sources } = catalog(inputs, made);
    expect(issues).toEqual([]);
    const served = [...sources.values()][0]!.tables.find(({ name }) => name === 'customers')!.relationships;
    expect(served.map(({ name }) => name).sort()).toEqual(['bills', 'bought', 'tickets']);
  });

  test('into another source it may ignore the case of keys; within a source it may not', () => {
    const to = { source: 'desk', table: 'tickets' };
    const relationship = { name: 'tickets', kind: 'array', to, mapping } as const;
    const compared = (compare: 'exact' | 'ignore_case' | null) =>
      edited([], createRelationship(customers, { ...relationship, compare })).tables[0]!
        .remote_relationships![0]!.definition.to_source.compare;
    expect(compared('ignore_case')).toBe('ignore_case');
    expect([compared('exact'), compared(null)]).toEqual([undefined, undefined]);
    expect(() =>
      edited([], createRelationship(customers, { ...relationship, to: orders, compare: 'ignore_case' })),
    ).toThrow('"compare" is for relationships into another source: leave it out of tickets');
  });

  test('what cannot be', () => {
    const create = (more: object) =>
      edited([], createRelationship(customers, { name: 'x', kind: 'array', to: orders, ...more }));
    expect(() => create({})).toThrow('needs either "foreignKey" or "mapping"');
    const foreignKey = { on: 'other', columns: ['customer_id'] };
    expect(() => create({ foreignKey, mapping })).toThrow('needs either');
    expect(() => create({ foreignKey, to: { source: 'desk', table: 'tickets' } })).toThrow(
      'No foreign key leads to',
    );
    expect(() => create({ mapping, to: { source: 'shop', table: 'nothing' } })).toThrow(
      'has no table nothing',
    );
    const twice = createRelationship(customers, { name: 'x', kind: 'array', to: orders, mapping });
    expect(() => edited([], twice, twice)).toThrow('There is a relationship "x" already');
  });

  test('one that is declared is renamed where it stands, and dropped', () => {
    const make = (name: string) =>
      createRelationship(customers, { name, kind: 'array', to: orders, mapping });
    const renamed = edited([], make('a'), make('b'), renameRelationship(customers, 'a', 'c'));
    expect(renamed.tables[0]?.array_relationships?.map(({ name }) => name)).toEqual(['c', 'b']);
    expect(() => edited(renamed.tables, renameRelationship(customers, 'c', 'b'))).toThrow('"b" already');
    const dropped = edited(
      renamed.tables,
      dropRelationship(customers, 'c'),
      dropRelationship(customers, 'b'),
    );
    expect(dropped.tables).toEqual([]);
    expect(() => edited([], dropRelationship(customers, 'orders'))).toThrow('follows from a foreign key');
    expect(() => edited([], dropRelationship(customers, 'nothing'))).toThrow('has no relationship "nothing"');
    expect(() => edited([], renameRelationship(customers, 'nothing', 'x'))).toThrow(
      'has no relationship "nothing"',
    );
  });

  test('one of a foreign key becomes a declared one, and is the same', () => {
    const renamed = edited(
      [],
      renameRelationship(orders, 'customer', 'buyer'),
      renameRelationship(customers, 'orders', 'purchases'),
    );
    const shape = (metadata: Metadata) =>
      catalog(inputs, metadata)
        .sources.get('shop' as never)!
        .tables.flatMap(({ relationships }) =>
          relationships.map(({ name, kind, from, to, nullable, unique, owner }) => [
            name,
            { kind, from: from.id, to: to.id, nullable, unique, owner },
          ]),
        );
    const names: Readonly<Record<string, string>> = { customer: 'buyer', orders: 'purchases' };
    expect(shape(renamed)).toEqual(
      shape({ tables: [] }).map(([name, rest]) => [names[name as string], rest]),
    );
    expect(catalog(inputs, renamed).issues).toEqual([]);
  });

  test('two foreign keys on the same columns are told apart', () => {
    const twins = facts([
      table('people', [id]),
      table('firms', [id]),
      table('accounts', [id, column('owner_id', 'int')], {
        foreignKeys: [
          { ...reference('owner_id', 'people'), name: 'a' },
          { ...reference('owner_id', 'firms'), name: 'b' },
        ],
      }),
    ]);
    const before = catalog([source('bank', twins)]);
    const accounts = before.sources.get('bank' as never)!.tables[2]!;
    for (const { name, to } of accounts.relationships) {
      const metadata = renameRelationship({ source: 'bank', table: 'accounts' }, name, 'renamed').apply({
        metadata: { tables: [] },
        catalog: before,
        facts: new Map([['bank', twins]]),
      });
      const after = catalog([source('bank', twins)], metadata).sources.get('bank' as never)!.tables[2]!;
      expect(after.relationships.find((one) => one.name === 'renamed')?.to.id).toBe(to.id);
      expect(after.relationships).toHaveLength(2);
    }
  });

  test('the rules that lead through it follow its name, wherever they are', () => {
    const total = { total: { _gt: 5 } };
    const rule = (name: string) => ({
      _or: [
        { [name]: { _some: total, _none: { customer: { [name]: total } } } },
        { _not: { [name]: {} } },
        { $and: [{ [name]: total }] },
        { _exists: { _table: 'orders', _where: { customer: { [name]: total } } } },
        { id: { _eq: 'orders' }, tickets: { id: { _in: [1] } } },
      ],
    });
    const tables = (name: string): readonly TableMetadata[] => [
      {
        ...customers,
        validations: [{ check: rule(name), message: 'orders' }],
        select_permissions: [
          { role: 'orders', permission: { columns: ['id'], filter: rule(name), masks: { id: rule(name) } } },
        ],
        insert_permissions: [
          { role: 'a', permission: { columns: '*', check: rule(name), set: { email: 'orders' } } },
        ],
        delete_permissions: [{ role: 'a', permission: { filter: rule(name) } }],
      },
      {
        ...orders,
        update_permissions: [
          { role: 'a', permission: { columns: '*', filter: { customer: rule(name) }, check: null } },
        ],
        select_permissions: [
          { role: 'b', permission: { columns: '*', filter: { orders: { id: { _eq: 1 } } } } },
        ],
      },
    ];
    const [first, second] = edited(
      tables('orders'),
      renameRelationship(customers, 'orders', 'bought'),
    ).tables;
    const { array_relationships, ...rest } = first!;
    expect(array_relationships).toHaveLength(1);
    expect([rest, second]).toEqual(tables('bought'));
  });
});
