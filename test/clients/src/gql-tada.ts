import assert from 'node:assert/strict';
import { initGraphQLTada, type ResultOf } from 'gql.tada';
import { GraphQLClient } from 'graphql-request';
import type { introspection } from '../generated/graphql-env.d.ts';
import type { Scalars } from '../generated/scalars.ts';
import { url } from './server.ts';

const graphql = initGraphQLTada<{ introspection: introspection; scalars: Scalars }>();
const client = new GraphQLClient(url);

const Order = graphql(`fragment Order on orders @_unmask { id total placed_on }`);
const Orders = graphql(
  `query Orders($after: date!, $limit: Int!) {
    orders(where: { placed_on: { _gt: $after }, id: { _lte: 5 } }, order_by: { id: asc }, limit: $limit) { ...Order customer { name } }
  }`,
  [Order],
);
const AddTicket = graphql(`
  mutation AddTicket($ticket: tickets_insert_input!) { insert_tickets_one(object: $ticket) { id subject } }
`);
const RemoveTicket = graphql(`mutation RemoveTicket($id: Int!) { delete_tickets_by_pk(id: $id) { id } }`);

const { orders } = await client.request(Orders, { after: '2024-01-02', limit: 2 });
const totals: string[] = orders.map(({ total }) => total);
assert.deepEqual(totals, ['30.00', '40.00']);
type Row = ResultOf<typeof Orders>['orders'][number];
const names = orders.map((row: Row) => row.customer.name);
assert.deepEqual(names, ['Ada', 'Grace']);

// @ts-expect-error A date is a string in the types.
await assert.rejects(client.request(Orders, { after: 5, limit: 1 }), /date/);

const { insert_tickets_one: added } = await client.request(AddTicket, {
  ticket: { customer_id: 3, subject: 'New' },
});
assert.equal(added?.subject, 'New');
await client.request(RemoveTicket, { id: added!.id });
