import type { Metadata } from '../../../src/catalog/index.ts';
import { customizeColumn, setColumnValidation } from '../../../src/control/edit/columns.ts';
import { replaceMetadata } from '../../../src/control/edit/document.ts';
import {
  dropInheritedRole,
  dropPermission,
  setInheritedRole,
  setPermission,
} from '../../../src/control/edit/permissions.ts';
import {
  customizeTable,
  setRowValidations,
  setTableKey,
  trackTable,
  untrackTable,
} from '../../../src/control/edit/tables.ts';
import { catalog } from '../../graph/catalogs.ts';
import { billed, customers, edited, inputs, orders } from './edited.ts';

const named = (custom_name: string) => ({ ...orders, configuration: { custom_name } });

describe('entries', () => {
  test('the default namespace need not be spelled; another one is', () => {
    expect(edited([], untrackTable(orders), untrackTable(billed)).tables).toEqual([
      { source: 'shop', table: 'orders', tracked: false },
      { source: 'shop', table: { schema: 'billing', name: 'orders' }, tracked: false },
    ]);
    expect(edited([], untrackTable({ ...orders, namespace: 'public' })).tables).toEqual([
      { source: 'shop', table: 'orders', tracked: false },
    ]);
  });

  test('an entry keeps its spelling and its place, whichever way it is asked for', () => {
    const spelled = { source: 'shop', table: { schema: 'public', name: 'orders' }, primary_key: ['id'] };
    const before = [
      { ...customers, tracked: false },
      spelled,
      { source: 'desk', table: 'tickets', tracked: false },
    ];
    const expected = [before[0], { ...spelled, tracked: false }, before[2]];
    expect(edited(before, untrackTable(orders)).tables).toEqual(expected);
    expect(edited(before, untrackTable({ ...orders, namespace: 'public' })).tables).toEqual(expected);
  });

  test('of two entries the one that holds is changed', () => {
    const spelled = { source: 'shop', table: { schema: 'public', name: 'orders' } };
    const both = [
      { ...spelled, configuration: { custom_name: 'unused' } },
      { ...orders, configuration: { custom_name: 'used' } },
    ];
    expect(edited(both, customizeTable(orders, { customName: 'sales' })).tables).toEqual([
      both[0],
      named('sales'),
    ]);
  });

  test('an entry that says nothing any more goes, others stay', () => {
    expect(edited([{ ...orders, tracked: false }, named('x')], trackTable(orders)).tables).toEqual([
      named('x'),
    ]);
    expect(edited([], trackTable(orders)).tables).toEqual([]);
  });

  test('a source that was never read: only what is declared can be edited', () => {
    const silent = { source: 'silent', table: 'orders' };
    expect(edited([{ ...silent, tracked: false, primary_key: ['a'] }], trackTable(silent)).tables).toEqual([
      { ...silent, primary_key: ['a'] },
    ]);
    expect(() => edited([], untrackTable(silent))).toThrow('The source silent has no table orders.');
    expect(() => edited([], untrackTable({ ...billed, table: 'x' }))).toThrow(
      'The source shop has no table billing.x.',
    );
    expect(() => edited([], untrackTable({ source: 'nowhere', table: 'x' }))).toThrow(
      'There is no source "nowhere".',
    );
  });
});

describe('tables', () => {
  test('what is absent stays, null goes', () => {
    const full = edited(
      [],
      customizeTable(orders, {
        customName: 'sales',
        comment: 'Sold.',
        rootFields: [
          { field: 'select', name: 'all_sales' },
          { field: 'insert_one', name: 'sell' },
        ],
      }),
    );
    expect(full.tables).toEqual([
      {
        ...orders,
        configuration: {
          custom_name: 'sales',
          comment: 'Sold.',
          custom_root_fields: { select: 'all_sales', insert_one: 'sell' },
        },
      },
    ]);
    const less = edited(
      full.tables,
      customizeTable(orders, { comment: null, rootFields: [{ field: 'select', name: null }] }),
    );
    expect(less.tables).toEqual([
      { ...orders, configuration: { custom_name: 'sales', custom_root_fields: { insert_one: 'sell' } } },
    ]);
    expect(edited(less.tables, customizeTable(orders, { rootFields: null })).tables).toEqual([
      named('sales'),
    ]);
    expect(
      edited(less.tables, customizeTable(orders, { customName: null, rootFields: null })).tables,
    ).toEqual([]);
  });

  test('keys and conditions of rows', () => {
    const view = { source: 'shop', table: 'totals' };
    const keyed = edited([], setTableKey(view, ['customer_id']));
    expect(keyed.tables).toEqual([{ ...view, primary_key: ['customer_id'] }]);
    expect(edited(keyed.tables, setTableKey(view, null)).tables).toEqual([]);
    const rules = [{ check: { total: { _gt: 0 } }, message: 'nothing is free' }];
    const checked = edited([], setRowValidations(orders, rules));
    expect(checked.tables).toEqual([{ ...orders, validations: rules }]);
    expect(edited(checked.tables, setRowValidations(orders, [])).tables).toEqual([]);
  });
});

describe('columns', () => {
  const config = ({ tables }: Metadata) => tables[0]?.configuration?.column_config;

  test('are named, described, hidden and shown', () => {
    const full = edited(
      [],
      customizeColumn(orders, 'total', { customName: 'amount', comment: 'In cents.', hidden: true }),
      customizeColumn(orders, 'id', { hidden: true }),
    );
    expect(config(full)).toEqual({
      total: { custom_name: 'amount', comment: 'In cents.', hidden: true },
      id: { hidden: true },
    });
    const less = edited(
      full.tables,
      customizeColumn(orders, 'total', { comment: null, hidden: false }),
      customizeColumn(orders, 'id', { hidden: null }),
    );
    expect(config(less)).toEqual({ total: { custom_name: 'amount' } });
    expect(edited(less.tables, customizeColumn(orders, 'total', { customName: null })).tables).toEqual([]);
  });

  test('have rules, all of them anew', () => {
    const one = edited([], setColumnValidation(orders, 'total', [{ min: 1 }]));
    expect(config(one)).toEqual({ total: { validation: [{ min: 1 }] } });
    const other = edited(one.tables, setColumnValidation(orders, 'total', [{ max: 5 }]));
    expect(config(other)).toEqual({ total: { validation: [{ max: 5 }] } });
    expect(edited(other.tables, setColumnValidation(orders, 'total', [])).tables).toEqual([]);
  });
});

describe('permissions', () => {
  const read = (columns: readonly string[]) => ({ columns, filter: {} });

  test('of a role and an operation there is one; the others stay', () => {
    const made = edited(
      [],
      setPermission(orders, 'clerk', 'select', read(['id']), 'for the desk'),
      setPermission(orders, 'guest', 'select', read([])),
      setPermission(orders, 'clerk', 'delete', { filter: {} }),
      setPermission(orders, 'clerk', 'select', read(['id', 'total'])),
    );
    expect(made.tables).toEqual([
      {
        ...orders,
        select_permissions: [
          { role: 'clerk', permission: read(['id', 'total']) },
          { role: 'guest', permission: read([]) },
        ],
        delete_permissions: [{ role: 'clerk', permission: { filter: {} } }],
      },
    ]);
    const less = edited(made.tables, dropPermission(orders, 'clerk', 'select'));
    expect(less.tables[0]?.select_permissions).toEqual([{ role: 'guest', permission: read([]) }]);
    expect(() => edited(less.tables, dropPermission(orders, 'clerk', 'select'))).toThrow(
      'The role clerk has no select permission on orders.',
    );
  });

  test('inherited roles', () => {
    const made = edited(
      [],
      setInheritedRole('boss', ['clerk', 'guest'], 'all of it'),
      setInheritedRole('boss', ['clerk']),
    );
    expect(made).toEqual({ tables: [], inherited_roles: [{ role_name: 'boss', role_set: ['clerk'] }] });
    const drop = dropInheritedRole('boss');
    const base = { catalog: catalog(inputs, made), facts: new Map() };
    expect(drop.apply({ ...base, metadata: made })).toEqual({ tables: [] });
    expect(() => drop.apply({ ...base, metadata: { tables: [] } })).toThrow(
      'There is no inherited role "boss".',
    );
  });
});

describe('the whole document', () => {
  test('is replaced, unless it is none', () => {
    const other = { tables: [named('sales')] };
    expect(edited([{ ...orders, tracked: false }], replaceMetadata(other))).toEqual(other);
    for (const document of [null, [], {}, { tables: [{ table: 'x' }] }, { tables: [], more: 1 }])
      expect(() => edited([], replaceMetadata(document))).toThrow(
        expect.objectContaining({ code: 'validation-failed' }),
      );
  });
});
