import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  ApolloClient,
  CombinedGraphQLErrors,
  gql,
  HttpLink,
  InMemoryCache,
  type TypedDocumentNode,
} from '@apollo/client';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { relayStylePagination } from '@apollo/client/utilities';
import { url } from './server.ts';

const cache = new InMemoryCache({
  typePolicies: {
    // The key of a table without `id`; `node_id` would work for every table.
    order_items: { keyFields: ['order_id', 'line_no'] },
    query_root: {
      queryType: true,
      fields: { orders_connection: relayStylePagination(['where', 'order_by']) },
    },
  },
});
const client = new ApolloClient({ cache, link: new HttpLink({ uri: url }) });

interface Order {
  id: number;
  note: string | null;
}
const Orders: TypedDocumentNode<{ orders: Order[] }> = gql`
  query Orders { orders(where: { id: { _lte: 3 } }, order_by: { id: asc }) { id note order_items { order_id line_no product } } }
`;
const Rename: TypedDocumentNode<{ update_orders_by_pk: Order }, { id: number; note: string | null }> = gql`
  mutation Rename($id: Int!, $note: String) {
    update_orders_by_pk(pk_columns: { id: $id }, _set: { note: $note }) { id note }
  }
`;

// A query. The cache stores its rows by type and key.
const first = await client.query({ query: Orders });
assert.equal(first.data!.orders[2]!.note, null);
assert.ok(Object.keys(cache.extract()).includes('order_items:{"order_id":1,"line_no":2}'));

// The row returned by a mutation updates every query that contains it.
await client.mutate({ mutation: Rename, variables: { id: 3, note: 'third' } });
assert.equal(client.readQuery({ query: Orders })!.orders[2]!.note, 'third');
await client.mutate({ mutation: Rename, variables: { id: 3, note: null } });

// Pages by cursor, merged by the cache.
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
const { data: page } = await client.query({ query: Page, variables: {} });
const pages = client.watchQuery({ query: Page, variables: {} });
const subscription = pages.subscribe(() => {});
const more = await pages.fetchMore({ variables: { after: page!.orders_connection.pageInfo.endCursor } });
assert.equal(more.data!.orders_connection.edges.length, 2);
const ids = client
  .readQuery({ query: Page, variables: {} })!
  .orders_connection.edges.map(({ node }) => node.id);
assert.deepEqual(ids, [1, 2, 3, 4]);
subscription.unsubscribe();

// An error has a code and the path in the operation.
const Add: TypedDocumentNode<unknown, { total: string }> = gql`
  mutation Add($total: numeric!) {
    insert_orders_one(object: { customer_id: 1, total: $total, placed_on: "2024-01-01" }) { id }
  }
`;
await assert.rejects(client.mutate({ mutation: Add, variables: { total: '-1' } }), (error) => {
  assert.ok(CombinedGraphQLErrors.is(error));
  assert.equal(error.errors[0]!.extensions!.code, 'constraint-violation');
  return true;
});

// Several operations in one request, which server.limits.batch allows.
let requests = 0;
const counting: typeof fetch = (...request) => {
  requests++;
  return fetch(...request);
};
const batching = new ApolloClient({
  cache: new InMemoryCache(),
  link: new BatchHttpLink({ uri: url, batchMax: 5, batchInterval: 20, fetch: counting }),
});
const Customer: TypedDocumentNode<{ customers_by_pk: { name: string } }, { id: number }> = gql`
  query Customer($id: Int!) { customers_by_pk(id: $id) { id name } }
`;
const asked = [1, 2, 3].map((id) => batching.query({ query: Customer, variables: { id } }));
const answers = await Promise.all(asked);
assert.deepEqual(
  answers.map(({ data }) => data!.customers_by_pk.name),
  ['Ada', 'Grace', 'Edith'],
);
assert.equal(requests, 1);

// Persisted queries: the first request contains the text, later ones only its hash, by GET.
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const sent: string[] = [];
const watching: typeof fetch = (input, init) => {
  sent.push(`${init?.method} ${String(input).includes('query=') || String(init?.body).includes('"query"')}`);
  return fetch(input, init);
};
for (const time of ['first', 'second']) {
  const persisting = new ApolloClient({
    cache: new InMemoryCache(),
    link: new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(
      new HttpLink({ uri: url, fetch: watching, headers: { 'apollo-require-preflight': 'true' } }),
    ),
  });
  const { data } = await persisting.query({ query: Customer, variables: { id: 2 } });
  assert.equal(data!.customers_by_pk.name, 'Grace', time);
}
assert.deepEqual(sent, ['GET false', 'POST true', 'GET false']);
