import { connect } from '../../../src/attach.ts';
import type { SourceConfig } from '../../../src/views/index.ts';
import { type Running, secret } from '../sources/runtime.ts';

const scripts = {
  shop: [
    'create table customers (id integer primary key)',
    'create table orders (id integer primary key, customer_id integer not null references customers, total integer not null, note text)',
    'create view big_orders as select id, total from orders where total > 10',
    'insert into customers values (1)',
    'insert into orders values (1, 1, 10, null), (2, 1, 20, null)',
  ],
  desk: [
    'create table tickets (id integer primary key, customer_id integer not null)',
    'insert into tickets values (7, 1)',
  ],
} as const;

/** A source: a new SQLite file with the tables of a script. */
export async function shopFile(path: string, name: keyof typeof scripts = 'shop'): Promise<SourceConfig> {
  const source = { name, kind: 'sqlite', path } as const;
  const connector = await connect(source, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  for (const text of scripts[name]) await connector.run({ text, slots: [] }, [], context);
  await connector.close();
  return source;
}

/** The text of an answer to a request with this role. */
export async function served(url: string | Running, role: string, query: string): Promise<string> {
  const response = await fetch(`${typeof url === 'string' ? url : url.server.url}graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret, 'x-foz-role': role },
    body: JSON.stringify({ query }),
  });
  return response.text();
}

/** The names of the root fields of `query_root`. */
export async function fields(foz: Running): Promise<string[]> {
  const text = await served(foz, 'admin', '{ __schema { queryType { fields { name } } } }');
  return JSON.parse(text).data.__schema.queryType.fields.map(({ name }: { name: string }) => name);
}
