import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'graphql';
import { connect } from '../../src/attach.ts';
import type { Metadata } from '../../src/catalog/index.ts';
import { FozError, HeldBytes, parseSourceName, roleNamed } from '../../src/core/index.ts';
import { RoleEngine } from '../../src/execute/index.ts';
import type { Connector } from '../../src/plan/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-repeated-'));
const context = { signal: new AbortController().signal, timeoutMs: null };
let connector: Connector;
let registry: SourceRegistry;
let engine: RoleEngine;
/** The number of transactions that will fail with a conflict, after all their rows have arrived. */
let conflicts = 0;

/** Inserted and updated rows have different checks, so an upsert takes several statements. */
const metadata: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'notes',
      select_permissions: [{ role: 'seller', permission: { columns: ['id', 'body'], filter: {} } }],
      insert_permissions: [
        { role: 'seller', permission: { columns: ['id', 'body'], check: { id: { _gt: 0 } } } },
      ],
      update_permissions: [
        { role: 'seller', permission: { columns: ['id', 'body'], filter: {}, check: { id: { _lt: 100 } } } },
      ],
      delete_permissions: [{ role: 'seller', permission: { filter: {} } }],
    },
  ],
};

beforeAll(async () => {
  const config = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
  connector = await connect(config, { create: true });
  for (const text of [
    'create table notes (id integer primary key, body text)',
    "create trigger kept after insert on notes when new.body = 'never' begin select 1; end",
    `insert into notes values (1, '${'x'.repeat(100_000)}')`,
  ])
    await connector.run({ text, slots: [] }, [], context);
  registry = new SourceRegistry([{ name: parseSourceName('shop')!, config, connector }], null);
  await registry.start();
  const seller = { role: roleNamed('seller'), variables: new Map() };
  const { options } = new Graphs({ metadata }, registry).engine(seller);
  const contended: Connector = {
    ...connector,
    transaction: (mode, given, body) =>
      connector.transaction(mode, given, async (runner) => {
        const result = await body(runner);
        if (conflicts-- > 0) throw new FozError('conflict', 'Somebody else was faster.');
        return result;
      }),
  };
  engine = new RoleEngine({ ...options, connectorOf: () => contended });
});
afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true });
});

/** Runs a mutation. `limit`: of the bytes that the request may hold. */
async function write(query: string, limit: number): Promise<string> {
  const held = new HeldBytes(limit);
  const request = { query, operationName: null, variables: {}, session: new Map(), ...context, held };
  return (await engine.execute({ ...request, document: parse(query) })).json;
}

test('rows of attempts that were undone do not count as held', async () => {
  const query =
    'mutation { a: update_notes(where: {}, _set: {id: 1}) { returning { body } } b: delete_notes(where: {id: {_eq: 9}}) { affected_rows } }';
  conflicts = 4;
  const answer = JSON.parse(await write(query, 250_000)) as {
    data: { a: { returning: { body: string }[] } };
  };
  expect(answer.data.a.returning[0]!.body).toHaveLength(100_000);
  expect(conflicts).toBe(-1);
  // A smaller limit is exceeded within one attempt.
  expect(await write(query, 90_000)).toContain('limit-exceeded');
});

test('savepoints of attempts are released', async () => {
  const sent: string[] = [];
  const { options } = engine;
  const noting: Connector = {
    ...connector,
    transaction: (mode, given, body) =>
      connector.transaction(mode, given, (runner) =>
        body({
          run: (statement, values, how) => {
            sent.push(statement.text);
            return runner.run(statement, values, how);
          },
        }),
      ),
  };
  const upsert = (id: number) =>
    `insert_notes_one(object: {id: ${id}, body: "new"}, on_conflict: {constraint: notes_pkey, update_columns: [body]}) { id }`;
  const query = `mutation { a: ${upsert(1)} b: ${upsert(2)} c: ${upsert(3)} }`;
  const own = new RoleEngine({ ...options, connectorOf: () => noting });
  const request = { query, operationName: null, variables: {}, session: new Map(), ...context };
  const { json } = await own.execute({ ...request, document: parse(query) });
  expect(JSON.parse(json)).toEqual({ data: { a: { id: 1 }, b: { id: 2 }, c: { id: 3 } } });
  const points = sent.filter((text) => text.includes('foz_attempt'));
  expect(points.filter((text) => text.startsWith('savepoint')).length).toBeGreaterThan(0);
  let open = 0;
  for (const text of points) {
    if (text.startsWith('savepoint')) open++;
    else if (text.startsWith('release')) open--;
    expect(open).toBeLessThanOrEqual(1);
  }
  expect(open).toBe(0);
});
