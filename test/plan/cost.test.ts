import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LimitsConfig } from '../../src/access/index.ts';
import { connect } from '../../src/attach.ts';
import { parseSourceName } from '../../src/core/index.ts';
import type { SourceConfig } from '../../src/views/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';
import { ask } from '../support/cases/run.ts';

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
let registry: SourceRegistry;

beforeAll(async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'foz-cost-')), 'shop.db');
  const source: SourceConfig = { name: 'shop', kind: 'sqlite', path: file };
  const connector = await connect(source, { create: true });
  for (const text of [
    'create table orders (id integer primary key)',
    'create table items (id integer primary key, order_id integer references orders)',
    "insert into orders select value from json_each('[1,2,3,4,5]')",
    "insert into items select value, 1 + value % 5 from json_each('[1,2,3,4,5,6,7,8,9]')",
  ])
    await connector.run({ text, slots: [] }, [], context);
  registry = new SourceRegistry([{ name: parseSourceName('shop')!, config: source, connector }], null);
  await registry.start();
});
afterAll(() => registry.close());

function run(limits: LimitsConfig, query: string, variables = {}): Promise<string> {
  const own = new Graphs({ server: { limits } }, registry);
  return ask(own.engine(), { query, variables });
}
const refusal = (text: string) =>
  (JSON.parse(text) as { errors?: { extensions: object }[] }).errors?.[0]?.extensions;

test.each([
  ['{ orders_by_pk(id: 1) { id } }', 1],
  ['{ orders(limit: 10) { id } }', 10],
  ['{ orders { id } }', 100],
  ['{ orders(limit: 10) { id items(limit: 5) { id order { id } } } }', 10 * (1 + 5 * 2)],
  ['{ orders(limit: 10) { items_aggregate { aggregate { count } } } }', 10 * (1 + 100)],
  ['{ orders_aggregate(limit: 20) { nodes { id } } }', 20 + 20],
  ['{ orders_connection(first: 3) { nodes { id } } }', 4], // one more row tells whether there is a next page
  ['mutation { insert_orders_one(object: {id: 71, items: {data: [{id: 71}, {id: 72}]}}) { id } }', 3],
  ['mutation { insert_orders(objects: [{id: 81}, {id: 82}]) { affected_rows returning { id } } }', 2 + 100],
  ['mutation { delete_items(where: {id: {_gt: 70}}) { affected_rows } }', 1],
  ['{ __typename }', 0],
])('%s may touch %i rows', async (query, cost) => {
  expect(refusal(await run({ cost: Math.max(1, cost) }, query))).toBeUndefined();
  if (cost > 1)
    expect(refusal(await run({ cost: cost - 1 }, query))).toMatchObject({
      code: 'limit-exceeded',
      cost,
      limit: cost - 1,
    });
});

test('a list of runs costs its limit, and at least as much as another call', async () => {
  const metadata = {
    tables: [],
    workflows: [{ name: 'close', permissions: [{ role: 'clerk', see: 'all' }], steps: [] }],
  };
  const costOf = async (query: string, variables = {}) => {
    const own = new Graphs({ server: { limits: { cost: 1 } }, metadata }, registry);
    return refusal(await ask(own.engine(), { query, variables }));
  };
  expect(await costOf('{ close_runs { id } }')).toMatchObject({ code: 'limit-exceeded', cost: 20 });
  expect(await costOf('{ close_runs(limit: null) { id } }')).toMatchObject({ cost: 100 });
  expect(await costOf('{ close_runs(limit: 3) { id } }')).toMatchObject({ cost: 10 });
  expect(await costOf('{ close_run(id: "a") { id } }')).toMatchObject({ cost: 10 });
  const query = 'query ($n: Int) { a: close_runs(limit: $n) { id } b: close_runs(limit: 50) { id } }';
  expect(await costOf(query, { n: 100 })).toMatchObject({ cost: 150 });
});

test('a limit that a variable brings costs what it is, in a plan that is kept too', async () => {
  const own = new Graphs({ server: { limits: { cost: 2_000 } } }, registry);
  const query = 'query ($n: Int) { orders(limit: $n) { id } }';
  const asked = (n: number) => ask(own.engine(), { query, variables: { n } });
  expect(refusal(await asked(1_999))).toBeUndefined();
  for (const cost of [2_001, 50_000])
    expect(refusal(await asked(cost))).toMatchObject({ code: 'limit-exceeded', cost, limit: 2_000 });
  expect(refusal(await asked(1_998))).toBeUndefined();
  expect(own.engine().size).toBe(1);
});

test('no list is longer than the rows of the limits, at any depth', async () => {
  expect(await run({ rows: 2 }, '{ orders(order_by: {id: asc}) { id } }')).toBe(
    '{"data":{"orders":[{"id":1},{"id":2}]}}',
  );
  const query = 'query ($n: Int) { orders(limit: $n, order_by: {id: asc}) { id items { id } } }';
  expect(await run({ rows: 1 }, query, { n: 4 })).toBe('{"data":{"orders":[{"id":1,"items":[{"id":5}]}]}}');
});

describe('an answer that is too long', () => {
  const asked = (answerBytes: number, query: string) =>
    ask(new Graphs({}, registry).engine(), { query, variables: {}, answerBytes });
  test('is refused', async () => {
    expect(refusal(await asked(20, '{ orders { id } }'))).toMatchObject({
      code: 'limit-exceeded',
      limit: 20,
    });
  });

  test('is counted over all statements and under all names', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `n${at}: nodes { id }`).join(' ');
    const page = `{ orders_connection(first: 5) { ${names} } }`;
    expect(refusal(await asked(300, page))).toMatchObject({ code: 'limit-exceeded' });
    expect(refusal(await asked(3_000, page))).toBeUndefined();
    const lists = Array.from({ length: 20 }, (_, at) => `l${at}: orders_connection { nodes { id } }`).join(
      ' ',
    );
    expect(refusal(await asked(300, `{ ${lists} }`))).toMatchObject({ code: 'limit-exceeded' });
    expect(
      refusal(await asked(300, '{ __schema { types { name description } } orders { id } }')),
    ).toMatchObject({
      code: 'limit-exceeded',
    });
  });

  test('undoes a write of several statements, and says of one of a single statement that it is stored', async () => {
    const nested = `mutation { insert_orders_one(object: {id: 6, items: {data: [{id: 61}]}}) { id a: __typename items { id } } }`;
    expect(refusal(await asked(20, nested))).toMatchObject({ code: 'limit-exceeded' });
    expect(JSON.parse(await asked(1_000, '{ orders_by_pk(id: 6) { id } }'))).toEqual({
      data: { orders_by_pk: null },
    });
    const single = `mutation { insert_orders(objects: [{id: 6}, {id: 7}]) { returning { id ${Array.from({ length: 30 }, (_, at) => `n${at}: id`).join(' ')} } } }`;
    expect(refusal(await asked(200, single))).toMatchObject({ code: 'limit-exceeded', committed: ['shop'] });
    const stored = JSON.parse(
      await asked(1_000, '{ orders(where: {id: {_in: [6, 7]}}, order_by: {id: asc}) { id } }'),
    );
    expect(stored).toEqual({ data: { orders: [{ id: 6 }, { id: 7 }] } });
  });
});
