import type { Metadata, Naming } from '../../src/catalog/index.ts';
import { catalog, column, facts, reference, source, table } from './catalogs.ts';

const shopTables = [
  table(
    'customers',
    [
      column('id', 'int', { identity: 'by default' }),
      column('email', 'text', { comment: 'Unique, lower case.' }),
      column('status', 'enum', { enumName: 'customer_status' }),
      column('tags', 'text', { array: true, nullable: true }),
      column('profile', 'jsonb', { nullable: true }),
      column('joined_on', 'date', { nullable: true }),
    ],
    {
      comment: 'People who buy.',
      uniqueKeys: [{ name: 'customers_email_key', columns: ['email'] }],
    },
  ),
  table(
    'orders',
    [
      column('shop_id', 'int'),
      column('number', 'bigint', { identity: 'always' }),
      column('customer_id', 'int', { nullable: true }),
      column('total', 'numeric', { precision: 12, scale: 2 }),
      column('placed_at', 'timestamptz'),
      column('search', 'text', { generated: true, nullable: true }),
    ],
    {
      primaryKey: { name: 'orders_pkey', columns: ['shop_id', 'number'] },
      foreignKeys: [reference('customer_id', 'customers')],
    },
  ),
  table(
    'order_summary',
    [column('customer_id', 'int', { nullable: true }), column('orders', 'bigint', { nullable: true })],
    {
      kind: 'view',
      insertable: false,
      updatable: false,
      deletable: false,
    },
  ),
  table('invoices', [column('id', 'uuid'), column('bytes', 'bytea', { nullable: true })], {
    namespace: 'billing',
  }),
];

const shop = facts(shopTables, {
  enums: [
    {
      name: 'customer_status',
      namespace: 'public',
      values: ['active', 'on hold'],
      comment: 'How it stands.',
    },
  ],
});

const support = facts(
  [
    table('tickets', [column('id', 'int'), column('customer_email', 'text'), column('title', 'text')], {
      namespace: null,
    }),
  ],
  { defaultNamespace: null },
);

const relations: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'customers',
      remote_relationships: [
        {
          name: 'support_tickets',
          definition: {
            to_source: {
              source: 'support',
              table: 'tickets',
              relationship_type: 'array',
              field_mapping: { email: 'customer_email' },
            },
          },
        },
      ],
    },
  ],
};

/** Two small sources of different engines, with relationships between them. */
export function shopCatalog(naming: Naming) {
  return catalog([source('shop', shop, { naming }), source('support', support, { naming })], relations);
}
