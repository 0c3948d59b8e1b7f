import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ColumnConfig, Metadata, RowValidationMetadata } from '../../src/catalog/index.ts';
import { Graphs, type SourceConfig, SourceRegistry } from '../../src/control/index.ts';
import { parseSourceName } from '../../src/core/index.ts';
import { connect } from '../../src/main.ts';
import { ask } from '../support/cases/run.ts';

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const file = join(mkdtempSync(join(tmpdir(), 'foz-validation-')), 'shop.db');
let registry: SourceRegistry;

beforeAll(async () => {
  const source: SourceConfig = { name: 'shop', kind: 'sqlite', path: file };
  const connector = await connect(source, true);
  await connector.run(
    {
      text: 'create table products (id integer primary key, sku text, price DECIMAL(10,2), stock integer, reserved integer, details JSON)',
      slots: [],
    },
    [],
    context,
  );
  registry = new SourceRegistry([{ name: parseSourceName('shop')!, config: source, connector }], null);
  await registry.start();
});
afterAll(() => registry.close());

const columns: Readonly<Record<string, ColumnConfig>> = {
  sku: { validation: [{ pattern: '^[A-Z]{3}-\\d+$', max_length: 8 }] },
  price: { validation: [{ min: '0.01', max: 1000, message: 'a price lies between 0.01 and 1000' }] },
  stock: { validation: [{ min: 0, max: 100 }] },
  details: {
    validation: [
      { json_schema: { type: 'object', required: ['color'], properties: { color: { type: 'string' } } } },
    ],
  },
};
const rows: readonly RowValidationMetadata[] = [
  { check: { stock: { _cgte: 'reserved' } }, message: 'more is reserved than there is' },
  { check: { _or: [{ price: { _lt: 500 } }, { stock: { _lte: 5 } }] }, message: 'expensive things are rare' },
];

function graphs(config = columns, validations = rows): Graphs {
  const metadata: Metadata = {
    tables: [{ source: 'shop', table: 'products', configuration: { column_config: config }, validations }],
  };
  return new Graphs({ sources: [], metadata }, registry);
}

const own = () => graphs().engine();
const insert = (object: string) => `mutation { insert_products_one(object: ${object}) { id } }`;
async function messages(query: string): Promise<readonly { message: string; path: string; code: string }[]> {
  const { errors = [] } = JSON.parse(await ask(own(), { query, variables: {} })) as {
    errors?: { message: string; extensions: { path: string; code: string } }[];
  };
  return errors.map(({ message, extensions: { path, code } }) => ({ message, path, code }));
}

test('every rule that values break is told at once, each with its place', async () => {
  const at = '$.selectionSet.insert_products_one.args.object';
  const code = 'data-exception';
  expect(
    await messages(
      insert('{id: 1, sku: "much too long", price: "0", stock: 101, reserved: 0, details: {color: 3}}'),
    ),
  ).toEqual([
    { message: 'sku must match ^[A-Z]{3}-\\d+$', path: `${at}.sku`, code },
    { message: 'sku must be at most 8 long', path: `${at}.sku`, code },
    { message: 'a price lies between 0.01 and 1000', path: `${at}.price`, code },
    { message: 'stock must be at most 100', path: `${at}.stock`, code },
    { message: 'details must fit its JSON Schema', path: `${at}.details`, code },
  ]);
  expect(await ask(own(), { query: '{ products { id } }', variables: {} })).toBe('{"data":{"products":[]}}');
});

test('rules over the whole row end the transaction, all of them told', async () => {
  expect(
    await messages(
      insert('{id: 1, sku: "ABC-1", price: "600", stock: 10, reserved: 11, details: {color: "red"}}'),
    ),
  ).toEqual(
    rows.map(({ message }) => ({
      message,
      path: '$.selectionSet.insert_products_one.args.object',
      code: 'data-exception',
    })),
  );
  expect(await ask(own(), { query: '{ products { id } }', variables: {} })).toBe('{"data":{"products":[]}}');
});

test('what fits is written, NULL is left to the column', async () => {
  expect(
    await ask(own(), {
      query: insert('{id: 1, sku: null, price: "600", stock: 5, reserved: 0, details: {color: "red"}}'),
      variables: {},
    }),
  ).toBe('{"data":{"insert_products_one":{"id":1}}}');
});

test('updates are held to the same rules, also where the database computes the value', async () => {
  const update = (change: string) =>
    `mutation { update_products(where: {id: {_eq: 1}}, ${change}) { affected_rows } }`;
  expect(await messages(update('_set: {sku: "abc"}'))).toHaveLength(1);
  expect(await messages(update('_inc: {stock: 99}'))).toEqual([
    {
      message: 'expensive things are rare',
      path: '$.selectionSet.update_products.args',
      code: 'data-exception',
    },
  ]);
  expect(await messages(update('_inc: {stock: 200}, _set: {price: "1"}'))).toEqual([
    {
      message: 'stock must be at most 100',
      path: '$.selectionSet.update_products.args',
      code: 'data-exception',
    },
  ]);
  expect(await messages(update('_inc: {stock: 2}, _set: {price: "1"}'))).toEqual([]);
  expect(await ask(own(), { query: '{ products { id stock price reserved } }', variables: {} })).toBe(
    '{"data":{"products":[{"id":1,"stock":7,"price":"1.00","reserved":0}]}}',
  );
});

test('the graph tells the rules', async () => {
  const query = '{ __type(name: "products_insert_input") { inputFields { name description } } }';
  const { data } = JSON.parse(await ask(own(), { query, variables: {} })) as {
    data: { __type: { inputFields: { name: string; description: string | null }[] } };
  };
  const described = Object.fromEntries(
    data.__type.inputFields.map(({ name, description }) => [name, description]),
  );
  expect(described.sku).toBe('A value must match ^[A-Z]{3}-\\d+$, must be at most 8 long.');
  expect(described.price).toContain('(a price lies between 0.01 and 1000)');
  expect(described.reserved).toBeNull();
});

test('rules that cannot be are left out and told', () => {
  const wrong = graphs({ sku: { validation: [{ pattern: '(' }, { json_schema: {} }] } }, [
    { check: { nothing: { _eq: 1 } }, message: 'x' },
  ]);
  expect(wrong.issues.map(({ where, reason }) => `${where}: ${reason}`)).toEqual([
    expect.stringMatching(/^shop\.products\.sku: a validation rule is not used: Invalid regular expression/),
    'shop.products.sku: a validation rule is not used: json_schema is for columns that hold JSON',
    'shop.products: validations[0], check.nothing: shop.products has no column or relationship "nothing"; the rule is left out',
  ]);
});
