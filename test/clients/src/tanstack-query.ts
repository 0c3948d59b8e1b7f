import assert from 'node:assert/strict';
import { InfiniteQueryObserver, QueryClient } from '@tanstack/query-core';
import { request } from 'graphql-request';
import { graphql } from '../generated/gql/index.ts';
import { url } from './server.ts';

const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });

const Page = graphql(`
  query Page($first: Int!, $after: String) {
    orders_connection(first: $first, after: $after, where: { id: { _lte: 5 } }, order_by: [{ id: asc }]) {
      nodes { id note }
      pageInfo { hasNextPage endCursor }
    }
  }
`);
const Rename = graphql(`
  mutation Rename($id: Int!, $note: String) {
    update_orders_by_pk(pk_columns: { id: $id }, _set: { note: $note }) { id note }
  }
`);

// Pages by cursor.
const pages = new InfiniteQueryObserver(queryClient, {
  queryKey: ['orders'],
  queryFn: ({ pageParam }) => request(url, Page, { first: 2, after: pageParam }),
  initialPageParam: null as string | null,
  getNextPageParam: ({ orders_connection: { pageInfo } }) =>
    pageInfo.hasNextPage ? pageInfo.endCursor : undefined,
});
await pages.refetch();
while (pages.getCurrentResult().hasNextPage) await pages.fetchNextPage();
const nodes = pages.getCurrentResult().data!.pages.flatMap((page) => page.orders_connection.nodes);
assert.deepEqual(
  nodes.map(({ id }) => id),
  [1, 2, 3, 4, 5],
);

// A mutation; the queries that it affects are refetched.
const { update_orders_by_pk: renamed } = await request(url, Rename, { id: 2, note: 'second' });
assert.deepEqual(renamed, { id: 2, note: 'second' });
await queryClient.invalidateQueries({ queryKey: ['orders'] });
await pages.refetch();
assert.equal(pages.getCurrentResult().data!.pages[0]!.orders_connection.nodes[1]!.note, 'second');
await request(url, Rename, { id: 2, note: null });

// The error is that of graphql-request, with code and path.
const failing = queryClient.fetchQuery({
  queryKey: ['bad cursor'],
  queryFn: () => request(url, Page, { first: 2, after: 'nonsense' }),
});
await assert.rejects(failing, /orders_connection\.after/);
