import assert from 'node:assert/strict';
import { print } from 'graphql';
import { type ClientError, GraphQLClient } from 'graphql-request';
import { graphql } from '../generated/gql/index.ts';
import persisted from '../generated/gql/persisted-documents.json' with { type: 'json' };
import { url } from './server.ts';

const client = new GraphQLClient(url);

const Customers = graphql(`
  query Customers($limit: Int!, $offset: Int!) {
    customers(limit: $limit, offset: $offset, order_by: { id: asc }) { id name points tickets(order_by: { id: asc }) { subject } }
  }
`);
const AddOrder = graphql(`
  mutation AddOrder($order: orders_insert_input!) {
    insert_orders_one(object: $order) { id total customer { name } }
  }
`);
const RemoveOrder = graphql(`
  mutation RemoveOrder($id: Int!) { delete_orders_by_pk(id: $id) { id } }
`);

// A query over two databases. `points` is a bigint: its type is string, since a number would lose digits.
const { customers } = await client.request(Customers, { limit: 2, offset: 0 });
const points: string = customers[0]!.points;
assert.equal(points, '9007199254740993');
assert.deepEqual(customers[0]!.tickets, [{ subject: 'Where is it?' }, { subject: 'Thanks' }]);

// The next page.
const next = await client.request(Customers, { limit: 2, offset: 2 });
assert.deepEqual(
  next.customers.map(({ name }) => name),
  ['Edith'],
);

// A mutation.
const order = { customer_id: 3, total: '12.5', placed_on: '2024-02-29' };
const { insert_orders_one: added } = await client.request(AddOrder, { order });
assert.equal(added!.total, '12.50');
await client.request(RemoveOrder, { id: added!.id });

// An error with its code and path.
await assert.rejects(client.request(AddOrder, { order: { ...order, total: '-1' } }), (error: ClientError) => {
  const { extensions } = error.response.errors![0]!;
  assert.equal(extensions.code, 'constraint-violation');
  assert.match(String(extensions.path), /^\$/);
  return true;
});

// A request by id only, for a document on the role's allow-list.
const [documentId] = Object.entries(persisted).find(([, text]) => text.includes('query Customers'))!;
const response = await fetch(url, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ documentId: `sha256:${documentId}`, variables: { limit: 1, offset: 0 } }),
});
if (process.env.FOZ_LISTED === '1') assert.equal((await response.json()).data.customers[0].name, 'Ada');
else assert.equal((await response.json()).errors[0].extensions.code, 'not-found');
assert.ok(print(Customers).includes('customers'));
