import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { seesChange } from './change.ts';
import { url } from './server.ts';

const client = createClient({
  url: url.replace(/^http/, 'ws'),
  // A function is called at each connection: then a token that was renewed is used.
  connectionParams: () => ({ headers: { 'X-API-Key': process.env.FOZ_KEY } }),
  // Node before version 22 has no WebSocket of its own; browsers do.
  webSocketImpl: WebSocket,
});

interface Live {
  readonly orders_by_pk: { readonly note: string | null } | null;
}
async function* notes(): AsyncGenerator<string | null> {
  const query = 'subscription ($id: Int!) { orders_by_pk(id: $id) { id note } }';
  for await (const { data, errors } of client.iterate<Live>({ query, variables: { id: 1 } })) {
    if (errors !== undefined) throw new Error(errors[0]!.message);
    yield data!.orders_by_pk!.note;
  }
}
await seesChange(1, notes());
await client.dispose();
