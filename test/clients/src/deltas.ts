import assert from 'node:assert/strict';
import {
  ApolloClient,
  ApolloLink,
  gql,
  HttpLink,
  InMemoryCache,
  Observable,
  type TypedDocumentNode,
} from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, fetchExchange, mapExchange, subscriptionExchange } from '@urql/core';
import { apolloDeltas, urqlDeltas, withDeltas } from 'foz/client';
import { createClient as createEvents } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { iterated, seesChange } from './change.ts';
import { url } from './server.ts';

const headers = { 'x-api-key': process.env.FOZ_KEY ?? '' };

// graphql-ws and graphql-sse, also for other clients that use them.
const sockets = withDeltas(
  createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: () => ({ headers }),
    webSocketImpl: WebSocket, // in Node before 22
    on: { message: noted },
  }),
);
const events = withDeltas(createEvents({ url, headers, onMessage: noted }));

// Apollo Client: over a WebSocket, and over HTTP.
const apolloBySocket = new ApolloClient({ cache: new InMemoryCache(), link: new GraphQLWsLink(sockets) });
const deltas = new ApolloLink(apolloDeltas(Observable));
const apolloByMultipart = new ApolloClient({
  cache: new InMemoryCache(),
  link: deltas.concat(new HttpLink({ uri: url, headers, fetch: watching })),
});

// urql: over a WebSocket, and as server-sent events.
const urqlBySocket = new Client({
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
const urqlByEvents = new Client({
  url,
  preferGetMethod: false,
  fetchSubscriptions: true,
  fetchOptions: { headers },
  fetch: watching,
  exchanges: [mapExchange(urqlDeltas()), fetchExchange],
});

interface Order {
  readonly id: number;
  readonly note: string | null;
}
interface Orders {
  readonly orders: readonly Order[];
}
const text = 'subscription Orders { orders(order_by: { id: asc }) { id note total placed_on } }';
const Live: TypedDocumentNode<Orders, Record<string, never>> = gql(text);

/** The transports' messages that have a patch. */
let patches = 0;
function noted(message: unknown): void {
  const found = typeof message === 'string' ? message : JSON.stringify(message ?? null);
  patches += found.split('"patch":').length - 1;
}

/** Fetches, and looks for patches in the response. */
async function watching(...asked: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...asked);
  const decoder = new TextDecoder();
  const look = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      noted(decoder.decode(chunk, { stream: true }));
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body?.pipeThrough(look), response);
}

const noteOf = ({ orders }: Orders) => orders.find(({ id }) => id === 5)!.note;

async function* iteratedNotes(client: typeof sockets | typeof events): AsyncGenerator<string | null> {
  for await (const { data, errors } of client.iterate<Orders>({ query: text })) {
    if (errors !== undefined) throw new Error(errors[0]!.message);
    yield noteOf(data!);
  }
}
const apolloNotes = (client: ApolloClient) =>
  iterated<string | null>((next, fail) => {
    const subscription = client.subscribe({ query: Live }).subscribe({
      next: ({ data, error }) => (error === undefined ? next(noteOf(data!)) : fail(error)),
      error: fail,
    });
    return () => subscription.unsubscribe();
  });
const urqlNotes = (client: Client) =>
  iterated<string | null>(
    (next, fail) =>
      client
        .subscription(Live, {})
        .subscribe(({ data, error }) => (error === undefined ? next(noteOf(data!)) : fail(error)))
        .unsubscribe,
  );

const all: Readonly<Record<string, () => AsyncIterable<string | null>>> = {
  'graphql-ws': () => iteratedNotes(sockets),
  'graphql-sse': () => iteratedNotes(events),
  'Apollo Client, WebSocket': () => apolloNotes(apolloBySocket),
  'Apollo Client, multipart': () => apolloNotes(apolloByMultipart),
  'urql, WebSocket': () => urqlNotes(urqlBySocket),
  'urql, server-sent events': () => urqlNotes(urqlByEvents),
};
for (const [name, notes] of Object.entries(all)) {
  patches = 0;
  await seesChange(5, notes());
  assert.ok(patches > 0, `${name}: the change came as a patch`);
}
await sockets.dispose();
events.dispose();
