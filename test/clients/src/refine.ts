import assert from 'node:assert/strict';
import dataProvider, { GraphQLClient } from '@refinedev/hasura';
import { url } from './server.ts';

const provider = dataProvider(new GraphQLClient(url), { idType: 'Int' });

interface Order {
  id: number;
  note: string | null;
}
const list = await provider.getList<Order>({
  resource: 'orders',
  pagination: { currentPage: 2, pageSize: 2 },
  sorters: [{ field: 'id', order: 'desc' }],
  filters: [{ field: 'id', operator: 'lte', value: 5 }],
  meta: { fields: ['id', 'note', { customer: ['name'] }] },
});
assert.deepEqual(
  list.data.map(({ id }: Order) => id),
  [3, 2],
);
assert.equal(list.total, 5);

const meta = { fields: ['id', 'note'] };
const { data: created } = await provider.create<Order>({
  resource: 'orders',
  variables: { customer_id: 2, total: '7.00', placed_on: '2024-03-01' },
  meta,
});
const { id } = created;
const { data: updated } = await provider.update<Order>({
  resource: 'orders',
  id,
  variables: { note: 'changed' },
  meta,
});
assert.equal(updated.note, 'changed');
assert.equal((await provider.getOne<Order>({ resource: 'orders', id, meta })).data.note, 'changed');
await provider.deleteOne({ resource: 'orders', id, meta });

const refused = provider.create({
  resource: 'orders',
  variables: { customer_id: 2, total: '-7.00', placed_on: '2024-03-01' },
  meta,
});
await assert.rejects(refused, /check/);
