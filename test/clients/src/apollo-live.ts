import assert from 'node:assert/strict';
import {
  ApolloClient,
  ApolloLink,
  gql,
  HttpLink,
  InMemoryCache,
  type TypedDocumentNode,
} from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { iterated, seesChange } from './change.ts';
import { url } from './server.ts';

const overHttp = new HttpLink({ uri: url, headers: { 'x-api-key': process.env.FOZ_KEY ?? '' } });
const sockets = createClient({
  url: url.replace(/^http/, 'ws'),
  connectionParams: () => ({ headers: { 'X-API-Key': process.env.FOZ_KEY } }),
  webSocketImpl: WebSocket, // in Node before 22
});

// Subscriptions over a WebSocket, everything else over HTTP.
const bySocket = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(sockets),
    overHttp,
  ),
});

// Everything over HTTP: HttpLink asks for subscriptions as multipart.
const byMultipart = new ApolloClient({ cache: new InMemoryCache(), link: overHttp });

interface Order {
  readonly id: number;
  readonly note: string | null;
}
const Live: TypedDocumentNode<{ orders_by_pk: Order }, { id: number }> = gql`
  subscription Live($id: Int!) { orders_by_pk(id: $id) { id note } }
`;
const Order: TypedDocumentNode<{ orders_by_pk: Order }, { id: number }> = gql`
  query Order($id: Int!) { orders_by_pk(id: $id) { id note } }
`;

for (const client of [bySocket, byMultipart]) {
  await client.query({ query: Order, variables: { id: 3 } });
  const notes = iterated<string | null>((next, fail) => {
    const subscription = client.subscribe({ query: Live, variables: { id: 3 } }).subscribe({
      next: ({ data, error }) => {
        if (error !== undefined) return fail(error);
        next(data!.orders_by_pk.note);
      },
      error: fail,
    });
    return () => subscription.unsubscribe();
  });
  await seesChange(3, notes);
  // The answers have updated the row in the cache, so queries that show it are live, too.
  const cached = client.readQuery({ query: Order, variables: { id: 3 } });
  assert.equal(cached!.orders_by_pk.note, 'changed');
}
await sockets.dispose();
