import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'graphql';
import { connect } from '../../src/attach.ts';
import { FozError, parseSourceName } from '../../src/core/index.ts';
import type { SourceConfig } from '../../src/views/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };

test('where nothing may be written a mutation does not run, first time or planned, and a read does', async () => {
  const source: SourceConfig = {
    name: 'shop',
    kind: 'sqlite',
    path: join(mkdtempSync(join(tmpdir(), 'foz-before-')), 'shop.db'),
  };
  const connector = await connect(source, { create: true });
  await connector.run({ text: 'create table orders (id integer primary key)', slots: [] }, [], context);
  const registry = new SourceRegistry([{ name: parseSourceName('shop')!, config: source, connector }], null);
  await registry.start();
  try {
    const engine = new Graphs({}, registry).engine();
    let allowed = false;
    const request = (query: string) => ({
      ...{ query, operationName: null, variables: {}, session: new Map<string, string>(), ...context },
      beforeWrite: async () => {
        if (!allowed) throw new FozError('unavailable', 'Account cannot be kept.');
      },
    });
    const ask = async (query: string) =>
      (await (engine.cached(request(query)) ?? engine.execute({ ...request(query), document: parse(query) })))
        .json;
    const insert = 'mutation { insert_orders(objects: [{}]) { affected_rows } }';
    const refused =
      '{"errors":[{"message":"Account cannot be kept.","extensions":{"path":"$","code":"unavailable"}}],"data":null}';
    expect(await ask(insert)).toBe(refused);
    expect(await ask(insert)).toBe(refused);
    expect(await ask('{ orders { id } }')).toBe('{"data":{"orders":[]}}');
    allowed = true;
    expect(await ask(insert)).toBe('{"data":{"insert_orders":{"affected_rows":1}}}');
  } finally {
    await registry.close();
  }
});
