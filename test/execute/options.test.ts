import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import type { FozConfig } from '../../src/control/index.ts';
import { parseSourceName } from '../../src/core/index.ts';
import type { SourceConfig } from '../../src/views/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';
import { ask, askHot } from '../support/cases/run.ts';

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const file = join(mkdtempSync(join(tmpdir(), 'foz-options-')), 'shop.db');
const open: SourceRegistry[] = [];

beforeAll(async () => {
  const connector = await connect({ name: 'own', kind: 'sqlite', path: file }, { create: true });
  for (const text of [
    'create table order_items (id integer primary key, big_number BIGINT, unit_price DECIMAL(10,2), parent_id integer references order_items)',
    'insert into order_items values (1, 9007199254740993, 12.5, null), (2, -1, 0, 1)',
  ])
    await connector.run({ text, slots: [] }, [], context);
  await connector.close();
});
afterAll(() => Promise.all(open.map((registry) => registry.close())));

/** The graphs of a configuration with one or two sources that have the same table. */
async function graphs(config: Omit<FozConfig, 'sources'>, ...sources: readonly Partial<SourceConfig>[]) {
  const all = sources.map(
    (source, index): SourceConfig => ({ name: `s${index}`, kind: 'sqlite', path: file, ...source }),
  );
  const registry = new SourceRegistry(
    await Promise.all(
      all.map(async (source) => ({
        name: parseSourceName(source.name)!,
        config: source,
        connector: await connect(source),
      })),
    ),
    null,
  );
  open.push(registry);
  await registry.start();
  return new Graphs(config, registry);
}

const run = (own: Graphs, query: string, variables = {}) => ask(own.engine(), { query, variables });

test('numbers: number leaves big numbers as JSON numbers, digit by digit', async () => {
  const own = await graphs({ numbers: 'number' }, {});
  const query = '{ order_items(order_by: {id: asc}) { big_number unit_price order_items { big_number } } }';
  expect(await run(own, query)).toBe(
    '{"data":{"order_items":[{"big_number":9007199254740993,"unit_price":12.50,"order_items":[{"big_number":-1}]},{"big_number":-1,"unit_price":0.00,"order_items":[]}]}}',
  );
});

test('a cursor over big numbers loses no digit', async () => {
  const own = await graphs({ numbers: 'number' }, {});
  const page = 'order_items_connection(first: 1, order_by: {big_number: desc}';
  const first = JSON.parse(await run(own, `{ ${page}) { pageInfo { endCursor } } }`)) as {
    data: { order_items_connection: { pageInfo: { endCursor: string } } };
  };
  const cursor = first.data.order_items_connection.pageInfo.endCursor;
  expect(Buffer.from(cursor, 'base64url').toString()).toBe('["9007199254740993",1]');
  expect(await run(own, `{ ${page}, after: "${cursor}") { nodes { id } } }`)).toBe(
    '{"data":{"order_items_connection":{"nodes":[{"id":2}]}}}',
  );
});

test('a namespace wraps the root fields of a source', async () => {
  const own = await graphs({}, { customization: { root_fields: { namespace: 'shop' } } });
  expect(
    await run(
      own,
      '{ shop { order_items_by_pk(id: 2) { id } all: order_items_aggregate { aggregate { count } } } }',
    ),
  ).toBe('{"data":{"shop":{"order_items_by_pk":{"id":2},"all":{"aggregate":{"count":2}}}}}');
  expect(
    await run(
      own,
      'mutation { shop { update_order_items_by_pk(pk_columns: {id: 1}, _set: {parent_id: null}) { id } } }',
    ),
  ).toBe('{"data":{"shop":{"update_order_items_by_pk":{"id":1}}}}');
});

test('prefixes keep two sources of the same tables apart', async () => {
  const names = (prefix: string) => ({ customization: { root_fields: { prefix }, type_names: { prefix } } });
  const own = await graphs({}, names('a_'), names('b_'));
  expect(
    await run(
      own,
      '{ a_order_items_by_pk(id: 1) { id __typename } b_order_items_by_pk(id: 2) { id __typename } }',
    ),
  ).toBe(
    '{"data":{"a_order_items_by_pk":{"id":1,"__typename":"a_order_items"},"b_order_items_by_pk":{"id":2,"__typename":"b_order_items"}}}',
  );
});

test('each source has the naming convention it asks for', async () => {
  const own = await graphs({ naming: 'graphql-default' }, {});
  expect(
    await run(
      own,
      '{ orderItems(where: {bigNumber: {_lt: "0"}}, orderBy: [{unitPrice: DESC}]) { bigNumber orderItems { id } } }',
    ),
  ).toBe('{"data":{"orderItems":[{"bigNumber":"-1","orderItems":[]}]}}');
});

test('metadata renames tables, columns and root fields, hides columns and leaves tables out', async () => {
  const configuration = {
    custom_name: 'lines',
    custom_root_fields: { select: 'allLines' },
    column_config: {
      unit_price: { custom_name: 'price', comment: 'Per piece.' },
      big_number: { hidden: true },
    },
  };
  const own = await graphs(
    { metadata: { tables: [{ source: 's0', table: 'order_items', configuration }] } },
    {},
  );
  expect(
    await run(
      own,
      '{ allLines(where: {price: {_gt: "1"}}) { id price __typename } lines_by_pk(id: 1) { id } }',
    ),
  ).toBe('{"data":{"allLines":[{"id":1,"price":"12.50","__typename":"lines"}],"lines_by_pk":{"id":1}}}');
  expect(await run(own, '{ allLines { big_number } }')).toContain('Cannot query field');
});

test('plans are kept by the shape of the variables, within bounds', async () => {
  const own = await graphs({ plan_cache: 3 }, {});
  const engine = own.engine();
  const query =
    'query ($where: order_items_bool_exp, $limit: Int) { order_items(where: $where, limit: $limit) { id } }';
  const asked = (variables: Record<string, unknown>) => ({ query, variables });
  await ask(engine, asked({ where: { id: { _eq: 1 } }, limit: 5 }));
  expect(await askHot(engine, asked({ where: { id: { _eq: 2 } }, limit: 5 }))).toBe(
    '{"data":{"order_items":[{"id":2}]}}',
  );
  expect(await askHot(engine, asked({ where: { id: { _gt: 1 } }, limit: 5 }))).toBeUndefined();
  expect(await askHot(engine, asked({ where: { id: { _eq: 1 } }, limit: 6 }))).toBeUndefined();
  expect(await askHot(engine, asked({ where: { id: { _eq: 'x' } }, limit: 5 }))).toBeUndefined();
  for (let number = 0; number < 500; number++)
    await ask(engine, { query: `{ order_items { a${number}: id } }`, variables: {} });
  expect(engine.size).toBeLessThanOrEqual(3);
});
