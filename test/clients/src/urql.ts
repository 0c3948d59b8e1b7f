import assert from 'node:assert/strict';
import { Client, fetchExchange, gql, type TypedDocumentNode } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { persistedExchange } from '@urql/exchange-persisted';
import { url } from './server.ts';

const client = new Client({
  url,
  preferGetMethod: false, // or a header, see below
  exchanges: [
    cacheExchange({
      // Keys of types without `id`; null: not a row.
      keys: {
        order_items: ({ order_id, line_no }) => `${order_id}:${line_no}`,
        orders_connection: () => null,
        orders_edge: () => null,
        orders_aggregate: () => null,
        orders_aggregate_fields: () => null,
      },
      resolvers: { Query: { orders_connection: relayPagination() } },
    }),
    fetchExchange,
  ],
});

interface Order {
  id: number;
  note: string | null;
}
const Orders: TypedDocumentNode<
  { orders: Order[]; orders_aggregate: { aggregate: { count: number } } },
  object
> = gql`
  query Orders {
    orders(where: { id: { _lte: 3 } }, order_by: { id: asc }) { id note order_items { order_id line_no product } }
    orders_aggregate(where: { id: { _lte: 5 } }) { aggregate { count } }
  }
`;
const Rename: TypedDocumentNode<{ update_orders_by_pk: Order }, { id: number; note: string | null }> = gql`
  mutation Rename($id: Int!, $note: String) {
    update_orders_by_pk(pk_columns: { id: $id }, _set: { note: $note }) { id note }
  }
`;

const first = await client.query(Orders, {}).toPromise();
assert.equal(first.error, undefined);
assert.equal(first.data!.orders_aggregate.aggregate.count, 5);

// The row returned by a mutation updates the cache.
await client.mutation(Rename, { id: 1, note: 'renamed' }).toPromise();
const again = await client.query(Orders, {}, { requestPolicy: 'cache-only' }).toPromise();
assert.equal(again.data!.orders[0]!.note, 'renamed');
await client.mutation(Rename, { id: 1, note: 'first' }).toPromise();

// Pages by cursor, merged by graphcache.
interface Pages {
  orders_connection: { edges: { node: Order }[]; pageInfo: { endCursor: string; hasNextPage: boolean } };
}
const Page: TypedDocumentNode<Pages, { after?: string }> = gql`
  query Page($after: String) {
    orders_connection(first: 2, after: $after, where: { id: { _lte: 5 } }, order_by: { id: asc }) {
      edges { cursor node { id note } }
      pageInfo { endCursor hasNextPage }
    }
  }
`;
const page = await client.query(Page, {}).toPromise();
const after = page.data!.orders_connection.pageInfo.endCursor;
const both = await client.query(Page, { after }).toPromise();
assert.deepEqual(
  both.data!.orders_connection.edges.map(({ node }) => node.id),
  [1, 2, 3, 4],
);

// An error has a code and the path in the operation.
const bad = await client.query(Page, { after: 'nonsense' }).toPromise();
const [problem] = bad.error!.graphQLErrors;
assert.equal(problem!.extensions.path, '$.selectionSet.orders_connection.args.after');

// By GET: needs a token, or a header that a page of another origin cannot send.
const fetchOptions = { headers: { 'apollo-require-preflight': 'true' } };
const byGet = new Client({ url, exchanges: [fetchExchange], preferGetMethod: 'force', fetchOptions });
assert.equal((await byGet.query(Page, {}).toPromise()).data!.orders_connection.edges.length, 2);
const without = new Client({ url, exchanges: [fetchExchange], preferGetMethod: 'force' });
const refused = await without.query(Page, {}).toPromise();
assert.match(refused.error!.message, /apollo-require-preflight/);

// Persisted queries.
const persisting = new Client({
  url,
  fetchOptions,
  exchanges: [persistedExchange({ preferGetForPersistedQueries: true }), fetchExchange],
});
assert.equal((await persisting.query(Page, {}).toPromise()).data!.orders_connection.edges.length, 2);
