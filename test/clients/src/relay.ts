import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import relay, { type FetchFunction, type GraphQLResponse, type SubscribeFunction } from 'relay-runtime';
import WebSocket from 'ws';
import addMutation from '../generated/relay/ordersAddMutation.graphql.ts';
import noteSubscription, {
  type ordersNoteSubscription,
} from '../generated/relay/ordersNoteSubscription.graphql.ts';
import pageQuery, { type ordersPageQuery } from '../generated/relay/ordersPageQuery.graphql.ts';
import refetchQuery, { type ordersRefetchQuery } from '../generated/relay/ordersRefetchQuery.graphql.ts';
import renameMutation, {
  type ordersRenameMutation,
} from '../generated/relay/ordersRenameMutation.graphql.ts';
import { iterated, seesChange } from './change.ts';
import { url } from './server.ts';

const {
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  Store,
} = relay;

const ask: FetchFunction = async ({ text, id }, variables) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // `id` is set if the compiler has persisted the documents (persistConfig).
    body: JSON.stringify(id === null ? { query: text, variables } : { documentId: id, variables }),
  });
  const answer = await response.json();
  if (answer.errors !== undefined) throw new Error(answer.errors[0].message, { cause: answer.errors });
  return answer;
};
const sockets = createClient({
  url: url.replace(/^http/, 'ws'),
  connectionParams: () => ({ headers: { 'X-API-Key': process.env.FOZ_KEY } }),
  webSocketImpl: WebSocket, // in Node before 22
});
const follow: SubscribeFunction = ({ text, id }, variables) =>
  Observable.create<GraphQLResponse>((sink) =>
    sockets.subscribe(
      { query: text ?? '', variables, ...(id === null ? {} : { extensions: { documentId: id } }) },
      {
        next: (answer) => sink.next(answer as GraphQLResponse),
        error: (error) => sink.error(error instanceof Error ? error : new Error(JSON.stringify(error))),
        complete: () => sink.complete(),
      },
    ),
  );
const getDataID = (row: { readonly node_id?: string }) => row.node_id;
const environment = new Environment({
  network: Network.create(ask, follow),
  store: new Store(new RecordSource(), { getDataID } as object),
  getDataID: getDataID as never,
});

// A page and the next one; the connection in the store contains both.
const pageOf = (after: string | null) =>
  fetchQuery<ordersPageQuery>(environment, pageQuery, { first: 2, after }).toPromise();
await pageOf(null);
const connection = () => {
  const { data } = environment.lookup(createOperationDescriptor(pageQuery, { first: 2 }).fragment);
  return (data as unknown as ordersPageQuery['response']).orders_connection;
};
assert.deepEqual(
  connection().edges.map(({ node }) => node.id),
  [1, 2],
);
await pageOf(connection().pageInfo.endCursor ?? null);
assert.deepEqual(
  connection().edges.map(({ node }) => node.id),
  [1, 2, 3, 4],
);

// The store has rows by their global id.
const records = environment.getStore().getSource();
const node_id = records.getRecordIDs().find((id) => records.get(id)?.id === 4)!;
assert.equal(records.get(node_id)!.note, null);

// The row returned by a mutation updates the store.
const rename = (note: string | null) =>
  new Promise((resolve, reject) =>
    commitMutation<ordersRenameMutation>(environment, {
      mutation: renameMutation,
      variables: { id: 4, note },
      onCompleted: resolve,
      onError: reject,
    }),
  );
await rename('fourth');
assert.equal(records.get(node_id)!.note, 'fourth');
await rename(null);

// Refetches a row by its global id.
const variables = { node_id };
await fetchQuery<ordersRefetchQuery>(environment, refetchQuery, variables, {
  networkCacheConfig: { force: true },
}).toPromise();
assert.equal(records.get(node_id)!.note, null);
assert.equal(records.get(node_id)!.total, '40.00');

// An error has a code and the path in the operation.
const refused = new Promise((resolve, reject) =>
  commitMutation(environment, {
    mutation: addMutation,
    variables: { total: '-1' },
    onCompleted: resolve,
    onError: reject,
  }),
);
await assert.rejects(refused, ({ cause }) => cause[0].extensions.code === 'constraint-violation');

// A subscription updates the store, too.
const notes = iterated<string | null>((next, fail) => {
  const { dispose } = requestSubscription<ordersNoteSubscription>(environment, {
    subscription: noteSubscription,
    variables: { id: 4 },
    onNext: (data) => next(data!.orders_by_pk!.note ?? null),
    onError: fail,
  });
  return dispose;
});
await seesChange(4, notes);
assert.equal(records.get(node_id)!.note, 'changed');
await sockets.dispose();
