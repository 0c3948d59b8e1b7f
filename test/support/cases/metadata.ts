import type { Metadata } from '../../../src/catalog/index.ts';

const remote = (
  name: string,
  source: string,
  table: string,
  type: 'object' | 'array',
  mapping: Record<string, string>,
) => ({
  name,
  definition: { to_source: { source, table, relationship_type: type, field_mapping: mapping } },
});
const view = (table: string, key: string, name: string, to: string, from: string) => ({
  source: 'shop',
  table,
  primary_key: [key],
  object_relationships: [
    { name, using: { manual_configuration: { remote_table: to, column_mapping: { [key]: from } } } },
  ],
});

/**
 * Metadata that the fixture databases cannot declare: keys of views, and relationships between shop and support.
 */
export const metadata: Metadata = {
  tables: [
    view('active_products', 'id', 'product', 'products', 'id'),
    view('customer_totals', 'customer_id', 'customer', 'customers', 'id'),
    {
      source: 'shop',
      table: 'customers',
      remote_relationships: [
        remote('tickets', 'support', 'tickets', 'array', { id: 'customer_id' }),
        remote('satisfaction', 'support', 'satisfaction', 'object', { id: 'customer_id' }),
      ],
    },
    {
      source: 'shop',
      table: 'orders',
      remote_relationships: [remote('tickets', 'support', 'tickets', 'array', { id: 'order_id' })],
    },
    {
      source: 'shop',
      table: 'order_items',
      remote_relationships: [
        remote('notes', 'support', 'product_notes', 'array', { order_id: 'order_id', line_no: 'line_no' }),
      ],
    },
    {
      source: 'shop',
      table: 'products',
      remote_relationships: [remote('notes', 'support', 'product_notes', 'array', { sku: 'sku' })],
    },
    {
      source: 'support',
      table: 'tickets',
      remote_relationships: [
        remote('customer', 'shop', 'customers', 'object', { customer_id: 'id' }),
        remote('order', 'shop', 'orders', 'object', { order_id: 'id' }),
        remote('customer_orders', 'shop', 'orders', 'array', { customer_id: 'customer_id' }),
      ],
    },
    {
      source: 'support',
      table: 'product_notes',
      remote_relationships: [
        remote('order_item', 'shop', 'order_items', 'object', { order_id: 'order_id', line_no: 'line_no' }),
        remote('product', 'shop', 'products', 'object', { sku: 'sku' }),
      ],
    },
    {
      source: 'support',
      table: 'satisfaction',
      remote_relationships: [remote('customer', 'shop', 'customers', 'object', { customer_id: 'id' })],
    },
    {
      source: 'support',
      table: 'open_tickets',
      primary_key: ['id'],
      remote_relationships: [remote('customer', 'shop', 'customers', 'object', { customer_id: 'id' })],
    },
  ],
};
