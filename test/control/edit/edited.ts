import type { Metadata, TableMetadata } from '../../../src/catalog/index.ts';
import type { MetadataEdit } from '../../../src/control/edit/edit.ts';
import { catalog, column, facts, reference, source, table } from '../../graph/catalogs.ts';

export const id = column('id', 'int');
const shop = facts([
  table('customers', [id, column('email', 'text')]),
  table('orders', [id, column('customer_id', 'int'), column('total', 'int')], {
    foreignKeys: [reference('customer_id', 'customers')],
  }),
  table('orders', [id, column('billed_to', 'int')], { namespace: 'billing' }),
  table('totals', [column('customer_id', 'int'), column('total', 'int')], { kind: 'view' }),
]);
const desk = facts([table('tickets', [id, column('customer_id', 'int')], { namespace: null })], {
  defaultNamespace: null,
});
/** Two sources. */
export const inputs = [source('shop', shop), source('desk', desk)];

/** Metadata after these edits, one after the other. Expects that no edit changes its input. */
export function edited(tables: readonly TableMetadata[], ...edits: readonly MetadataEdit[]): Metadata {
  return edits.reduce<Metadata>(
    (metadata, edit) => {
      const before = structuredClone(metadata);
      const resolved = catalog(inputs, metadata);
      const after = edit.apply({
        metadata,
        catalog: resolved,
        facts: new Map([
          ['shop', shop],
          ['desk', desk],
          ['silent', null],
        ]),
      });
      expect(metadata).toEqual(before);
      return after;
    },
    { tables },
  );
}

/** The tables that tests edit. */
export const orders = { source: 'shop', table: 'orders' };
export const billed = { source: 'shop', namespace: 'billing', table: 'orders' };
export const customers = { source: 'shop', table: 'customers' };
