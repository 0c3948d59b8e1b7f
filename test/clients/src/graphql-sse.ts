import { createClient } from 'graphql-sse';
import { seesChange } from './change.ts';
import { url } from './server.ts';

const client = createClient({
  url,
  headers: () => ({ 'x-api-key': process.env.FOZ_KEY ?? '' }),
});

interface Live {
  readonly orders_by_pk: { readonly note: string | null } | null;
}
async function* notes(): AsyncGenerator<string | null> {
  const query = 'subscription ($id: Int!) { orders_by_pk(id: $id) { id note } }';
  for await (const { data, errors } of client.iterate<Live>({ query, variables: { id: 2 } })) {
    if (errors !== undefined) throw new Error(errors[0]!.message);
    yield data!.orders_by_pk!.note;
  }
}
await seesChange(2, notes());
client.dispose();
