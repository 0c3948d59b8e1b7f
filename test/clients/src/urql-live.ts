import { Client, fetchExchange, gql, subscriptionExchange, type TypedDocumentNode } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { iterated, seesChange } from './change.ts';
import { url } from './server.ts';

const sockets = createClient({
  url: url.replace(/^http/, 'ws'),
  connectionParams: () => ({ headers: { 'X-API-Key': process.env.FOZ_KEY } }),
  webSocketImpl: WebSocket, // in Node before 22
});

// Over a WebSocket.
const bySocket = new Client({
  url,
  preferGetMethod: false,
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({
        subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ query, variables }, sink) }),
      }),
    }),
  ],
});

// Over HTTP, as server-sent events, without another package.
const byEvents = new Client({
  url,
  preferGetMethod: false,
  fetchSubscriptions: true,
  fetchOptions: () => ({ headers: { 'x-api-key': process.env.FOZ_KEY ?? '' } }),
  exchanges: [fetchExchange],
});

interface Order {
  readonly id: number;
  readonly note: string | null;
}
const Live: TypedDocumentNode<{ orders_by_pk: Order }, { id: number }> = gql`
  subscription Live($id: Int!) { orders_by_pk(id: $id) { id note } }
`;

for (const client of [bySocket, byEvents]) {
  const notes = iterated<string | null>((next, fail) => {
    const { unsubscribe } = client.subscription(Live, { id: 4 }).subscribe(({ data, error }) => {
      if (error !== undefined) fail(error);
      else next(data!.orders_by_pk.note);
    });
    return unsubscribe;
  });
  await seesChange(4, notes);
}
await sockets.dispose();
