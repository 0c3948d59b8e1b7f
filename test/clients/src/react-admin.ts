import assert from 'node:assert/strict';
import hasura from 'ra-data-hasura';
import { url } from './server.ts';

// Node imports the CommonJS module with its `default`; bundlers unwrap it.
const { default: buildHasuraProvider } = hasura as unknown as { default: typeof hasura };

// react-admin has its own GraphQL client. ra-data-hasura reads the graph by introspection and uses Hasura's grammar.
const dataProvider = await buildHasuraProvider({ clientOptions: { uri: url } as never });

const list = await dataProvider.getList('orders', {
  pagination: { page: 2, perPage: 2 },
  sort: { field: 'id', order: 'DESC' },
  filter: { 'id@_lte': 5 },
});
assert.deepEqual(
  list.data.map(({ id }) => id),
  [3, 2],
);
assert.equal(list.total, 5);

const { data: created } = await dataProvider.create('orders', {
  data: { customer_id: 2, total: '7.00', placed_on: '2024-03-01', note: 'new' },
});
const { data: updated } = await dataProvider.update('orders', {
  id: created.id,
  data: { ...created, note: 'changed' },
  previousData: created,
});
assert.equal(updated.note, 'changed');
assert.equal((await dataProvider.getOne('orders', { id: created.id })).data.note, 'changed');
const many = await dataProvider.getMany('customers', { ids: [1, 3] });
assert.deepEqual(many.data.map(({ name }) => name).sort(), ['Ada', 'Edith']);
const related = await dataProvider.getManyReference('tickets', {
  target: 'customer_id',
  id: 1,
  pagination: { page: 1, perPage: 1 },
  sort: { field: 'id', order: 'ASC' },
  filter: {},
});
assert.deepEqual([related.data[0]!.subject, related.total], ['Where is it?', 2]);
await dataProvider.delete('orders', { id: created.id, previousData: created });

const refused = dataProvider.create('orders', {
  data: { customer_id: 2, total: '-7.00', placed_on: '2024-03-01' },
});
await assert.rejects(refused, /check/);
